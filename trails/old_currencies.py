"""Currencies that are no longer in use: the codes of ISO 4217's list of withdrawn currencies (list three, as of January 2026).

That list states no decimals. An amount is counted in hundredths, which loses nothing of what books and statements write, also where
people had long stopped using the coins (lira, peseta); only the dinar of South Yemen had a thousand fils.
"""

from __future__ import annotations

_HUNDREDTHS = (
    "ADP AFA ALK ANG AOK AON AOR ARA ARP ARY ATS AYM AZM BAD BEC BEF BEL BGJ BGK BGL BGN BOP BRB BRC BRE BRN BRR BUK BYB BYR CHC "
    "CSD CSJ CSK CUC CYP DDM DEM ECS ECV EEK ESA ESB ESP FIM FRF GEK GHC GHP GNE GNS GQE GRD GWE GWP HRD HRK IEP ILP ILR ISJ ITL "
    "LAJ LSM LTL LTT LUC LUF LUL LVL LVR MAF MGF MLF MRO MTL MTP MVQ MXP MZE MZM NIC NLG PEH PEI PES PLZ PTE RHD ROK ROL "
    "RUR SDD SDP SIT SKK SLL SRG STD SUR TJR TMM TPE TRL UAK UGS UGW UYN UYP VEB VEF VNC XEU XFO XFU YUD YUM YUN ZAL ZMK "
    "ZRN ZRZ ZWC ZWD ZWL ZWN ZWR"
)
#: The decimals by which each withdrawn currency is counted.
WITHDRAWN: dict[str, int] = {**dict.fromkeys(_HUNDREDTHS.split(), 2), "YDD": 3}
