"""What is known of hardware that is not here: cards, PCI ids, wheels and drivers. Data, and the questions asked of it.

A live answer of a device always wins over these tables.
"""
