"""`main-server serve`: open the store, bind, serve, and leave all of it in order."""

from main_server.app import MainServer, build_app
from main_server.files.rows import FileLimits
from main_server.files.service import blob_folder, files_beside
from main_server.operator_socket import OperatorSocket
from main_server.settings import MainSettings
from main_server.store.database import database_path, open_engine
from realm_protocol.limits import LINK_READ_LIMIT
from realm_service.channel import mount
from realm_service.listening import bind, check_listening, run
from realm_service.locking import locked
from realm_service.logs import configure_logs


def serve_until_stopped(settings: MainSettings) -> None:
    """Returns when SIGINT or SIGTERM has been obeyed; raises what hinders the start."""
    configure_logs(settings.log_level)
    check_listening(settings.host, settings.tls_cert, settings.allow_clear)
    store = database_path(settings.database_url)
    with locked(store):
        engine = open_engine(store)
        try:
            main = MainServer(
                engine,
                folder=blob_folder(settings.files_folder or files_beside(store)),
                file_limits=FileLimits(settings.file_limit_bytes, settings.file_quota_bytes),
            )
            run(
                build_app(settings, main, OperatorSocket(main, store)),
                bind(settings.host, settings.port),
                websocket=mount({"/v1/link": main.links.accept}, read_limit=LINK_READ_LIMIT),
                tls_cert=settings.tls_cert,
                tls_key=settings.tls_key,
                trusted_proxy=settings.trusted_proxy,
                drain=main.drain,
            )
        finally:
            engine.dispose()
