"""The whole `langnghe`: the library's commands, and the shop's, which are imported only when called for."""

from traceability.cli import main
from traceability.cli.log import log

__all__ = ["main"]

main.add_lazy("demo", "shop.commands:demo")
main.add_lazy("export-static", "shop.commands:export_static")
main.add_lazy("serve", "shop.commands:serve")
for name in ("checkpoint", "prove", "publish", "request"):
    log.add_lazy(name, f"shop.operating.log_commands:{name}")
log.add_lazy("accept-cosignature", "shop.operating.log_commands:accept_cosignature")
main.add_lazy("fsck", "shop.operating.care:fsck")
main.add_lazy("backup", "shop.operating.care:backup")
main.add_lazy("restore", "shop.operating.care:restore")
main.add_lazy("account", "shop.operating.inviting:account")
main.add_lazy("init", "shop.operating.begin:init")
main.add_lazy("issue", "shop.operating.issuing:issue")
main.add_lazy("record add", "shop.operating.issuing:add")
main.add_lazy("trust publish", "shop.operating.publishing:publish")
main.add_lazy("trust bundle", "shop.operating.publishing:bundle")

if __name__ == "__main__":
    main()
