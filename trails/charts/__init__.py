"""Pictures of a case: one geometry, drawn by plotly for looking and by an own SVG writer for reports and courts.

Pure: data in, figure or text out; no disk, clock or network, and the same input gives the same bytes.
"""
