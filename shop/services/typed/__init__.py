"""What people type at any desk: kept, and read strictly."""
