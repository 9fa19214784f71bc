"""What a session costs, beside other libraries and beside the work itself."""
