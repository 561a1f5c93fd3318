"""What the operator watches: health, reports, certificates that end."""
