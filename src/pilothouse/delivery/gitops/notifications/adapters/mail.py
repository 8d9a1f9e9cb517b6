"""The service `email`: SMTP, encrypted where the server offers it."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Any

from pilothouse.api.meta import Tree
from pilothouse.delivery.gitops.errors import NotificationFailed, NotificationInvalid
from pilothouse.delivery.gitops.notifications.engine.settings import Service

TIMEOUT_S = 20.0
_ENCRYPTED = 465


def deliver(service: Service, recipient: str, message: Tree) -> None:
    """Send a mail, blocking; raises `NotificationFailed`."""
    options = service.options
    try:
        port = int(options.get("port") or 25)
    except (TypeError, ValueError):
        raise NotificationInvalid("the port of service email is no number") from None
    host, mail = str(options.get("host") or "localhost"), _mail(options, recipient, message)
    try:
        with _connection(host, port, options) as connection:
            if options.get("username"):
                connection.login(str(options["username"]), str(options.get("password") or ""))
            connection.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise NotificationFailed(f"{host}:{port} does not take the mail: {error}") from None


def _connection(host: str, port: int, options: dict[str, Any]) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if options.get("insecure_skip_verify") is True:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if port == _ENCRYPTED:
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
    connection = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    connection.ehlo_or_helo_if_needed()
    if connection.has_extn("starttls"):
        connection.starttls(context=context)
    return connection


def _mail(options: dict[str, Any], recipient: str, message: Tree) -> EmailMessage:
    own = message.get("email") or {}
    mail = EmailMessage()
    try:
        mail["From"], mail["To"] = str(options.get("from") or ""), recipient
        mail["Subject"] = " ".join(str(own.get("subject") or "").split())
    except ValueError as error:
        raise NotificationInvalid(f"the mail cannot be addressed: {error}") from None
    body = str(own.get("body") or message.get("message") or "")
    mail.set_content(body, subtype="html" if options.get("html") is True else "plain")
    return mail
