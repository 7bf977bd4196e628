"""Whether the ports that a system wants are free, asked before anything is started."""

from collections.abc import Sequence

from deploy.plan import HOST, Service
from realm_protocol.errors import AskedWrongly
from realm_service.listening import AddressInUse, bind


class PortTaken(AskedWrongly):
    code = "port_taken"
    status = 409
    text = (
        "Port {port} is in use, and {service} wants it. Stop what uses it, or move every port with"
        " --port-offset. Nothing was started."
    )


def check_ports(services: Sequence[Service]) -> None:
    """Raise `PortTaken` for the first that can't be listened on."""
    for service in services:
        for port in service.ports:
            try:
                bind(HOST, port).close()
            except AddressInUse as exc:
                raise PortTaken(port=port, service=service.name) from exc
