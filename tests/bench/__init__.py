"""``make bench``: how fast and how large, as ratios measured in one run on one machine.

- an explorer's export of USDT transfers (Tronscan CSV), and one of ethereum-etl, against DuckDB's own typed scan of the same
  file: parsing and converting every column and aggregating it, the least any reader must do;
- a hawala ledger as a workbook against the bare reader of workbooks;
- chats, as messages a second.

Each measurement is a process of its own, the jobs taken in turn, and the middle of the rounds is quoted. Figures go to the
terminal and to ``bench-out/bench.json``.

    python -m tests.bench [--rows 5000000] [--rounds 3] [--grow] [--quick]
"""
