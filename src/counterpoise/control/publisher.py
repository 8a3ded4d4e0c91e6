"""Which facts have left as events?"""
