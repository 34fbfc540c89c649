"""Who must stay unnamed: every command on simulated cases, searched for payers and innocents."""
