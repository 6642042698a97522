"""What a small change of code is: operators on syntax trees."""
