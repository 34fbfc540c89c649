"""What every evidence summary says about itself: standing statements and the limits of the methods."""

STANDING_STATEMENTS = (
    "Everyone named here is presumed innocent. Nothing in this summary states or grades guilt or intent.",
    "Using hawala, USDT, Bitcoin, a VPN, a language or a nationality is not a sign of an offence and is never scored.",
    "Payers are mostly migrants and their families. They are protected: named by pseudonym, never ranked, never suspects.",
    "Facts are what a row of a source states. Inferences are drawn from facts, say so, and name them. A source can be wrong.",
    "Findings say what the records are consistent with. No likelihood is graded: no validated model stands behind one yet.",
)

LIMITS = (
    ("Only the files listed were read. Money moved in cash, or on rails whose records are not here, is not seen; the absence "
    "of a trail neither clears nor implicates anyone."),
    ("Clusters rest on co-spending outside equal-output CoinJoins and on identifiers that rows state. A PayJoin cannot be "
    "seen and would join strangers; joint custody too. A cluster is not a person."),
    ("Bitcoin transactions are kept whole: where a trail leaves a transaction with several inputs, whose coins they were is "
    "not stated, and the step is marked."),
    ("A match of a hawala payout to a transfer rests on amount and time. Beside each stands how many such matches luck alone "
    "would give in this case; round sums make luck common."),
    ("Trails follow the order of time and stop at services, protected payers, CoinJoins and null addresses. Where two "
    "uncertain times overlap no order is claimed."),
    "Times of Bitcoin blocks may be off by two hours. Ledger days without a time of day are +-12 hours.",
    "Rates are those of the files named; USDT is valued as one US dollar, which it is not always.",
    ("Payers are recognised by rules that lean towards protection: families who pay for no journey are protected too, and whoever "
    "pays as families do is no candidate for another role."),
    "Error rates of these methods are measured on simulated cases alone; none of the field is known.",
)
