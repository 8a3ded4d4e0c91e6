"""Where do the venue and the ledger differ?"""
