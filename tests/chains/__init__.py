"""Honest test chains: real wallets sign every spend, Bitcoin Core's own engine accepts every block, every owner is known.

The wallets are BDK's (coin selection, change and signatures are theirs); transactions of several wallets are PSBTs that
each of them signs; ``py-bitcoinkernel`` checks the blocks. All of it is fictional and on a private network (regtest).
"""
