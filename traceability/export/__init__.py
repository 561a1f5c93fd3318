"""The same record in the forms of others: vc+jwt, EPCIS documents, linksets."""
