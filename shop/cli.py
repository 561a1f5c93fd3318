"""The whole `langnghe`: the library's commands, and the shop's, which are imported only when called for."""

from traceability.cli import main

__all__ = ["main"]

main.add_lazy("demo", "shop.commands:demo")
main.add_lazy("serve", "shop.commands:serve")
