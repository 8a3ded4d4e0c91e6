"""What should we trade? Targets and drift into exact, explainable plans."""
