"""What new cells of tables are made of, whatever the columns hold."""
