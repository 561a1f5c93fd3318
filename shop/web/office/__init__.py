"""The desks of offices that sign for others: requests, applications, inspections."""
