from django.core.mail import EmailMultiAlternatives

from petitions.embedded import messages


def make_mail(**fields) -> bytes:
    fields = {"subject": "Zwölf Namen", "body": "Guten Tag\n\nÖdön", "to": ["jeff@example.com"]} | fields
    mail = EmailMultiAlternatives(from_email="Employees of Ärger <letters@example.org>", **fields)
    mail.attach_alternative("<p>Ödön</p>", "text/html")
    mail.attach("brief ä.pdf", b"%PDF\x00\xff", "application/pdf")
    return mail.message().as_bytes(linesep="\r\n")


def test_a_mail_is_read_as_its_reader_sees_it():
    mail = messages.read("jeff@example.com", make_mail())

    assert mail.to == "jeff@example.com"
    assert mail.sender == "Employees of Ärger <letters@example.org>"
    assert mail.subject == "Zwölf Namen"
    assert mail.text.rstrip("\n") == "Guten Tag\n\nÖdön"
    assert mail.html.rstrip("\n") == "<p>Ödön</p>"


def test_an_attachment_is_listed_without_its_content():
    assert messages.read("jeff@example.com", make_mail()).summary()["attachments"] == [
        {"filename": "brief ä.pdf", "content_type": "application/pdf", "size": 6}
    ]


def test_a_whole_mail_has_the_content_of_its_attachments():
    (attachment,) = messages.read("jeff@example.com", make_mail()).whole()["attachments"]

    assert attachment["content"] == "JVBERgD/"


def test_the_recipient_is_whom_the_envelope_names():
    assert messages.read("somebody@example.com", make_mail()).to == "somebody@example.com"


def test_a_mail_without_headers_is_read_too():
    mail = messages.read("ada@example.com", b"\r\nnothing but this\r\n")

    assert (mail.subject, mail.sender, mail.html, mail.attachments) == ("", "", "", ())
    assert mail.text == "nothing but this\n"


def test_an_unknown_charset_loses_letters_and_not_the_mail():
    content = b"Content-Type: text/plain; charset=unheard-of\r\n\r\nplain \xff words"

    assert messages.read("ada@example.com", content).text == "plain \ufffd words"
