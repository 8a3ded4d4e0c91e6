"""What do incoming events say, each once?"""
