"""When does a run start by itself?"""
