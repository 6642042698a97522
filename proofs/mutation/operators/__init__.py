"""Small changes of code: operators on syntax trees."""
