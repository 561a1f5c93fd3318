"""How money comes in: a bank transfer by VietQR, cards, cash."""
