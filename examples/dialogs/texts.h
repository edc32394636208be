/* The texts of the dialogs in Qt, GTK and Win32, in UTF-8: one row for each text, one
 * column for each language. A text about a call's outcome is found by the outcome's code. The
 * dialogs show the service's own messages unchanged. */
#ifndef DIALOG_TEXTS_H
#define DIALOG_TEXTS_H

#include <autoshares_reset.h>

enum { LANGUAGE_ENGLISH, LANGUAGE_GERMAN };

/* Keys beside the codes. The keys of the steps are in the order of the steps. */
enum {
  TEXT_TITLE = 1000, TEXT_BACK, TEXT_CANCEL, TEXT_NEXT, TEXT_RETRY, TEXT_SEND_AGAIN, TEXT_CLOSE, TEXT_SHOW, TEXT_BUSY,
  TEXT_HEADING = 1100, TEXT_HEADING_ANSWER, TEXT_HEADING_CODE, TEXT_HEADING_PASSWORD, TEXT_HEADING_DONE,
  TEXT_BODY = 1200, TEXT_BODY_ANSWER /* the question stands there */, TEXT_BODY_CODE, TEXT_BODY_PASSWORD, TEXT_BODY_DONE,
  TEXT_LABEL = 1300, TEXT_LABEL_ANSWER, TEXT_LABEL_CODE, TEXT_LABEL_PASSWORD, TEXT_LABEL_REPEAT,
  TEXT_UNKNOWN = 1400, TEXT_UNKNOWN_RESET /* a code may have been mailed */, TEXT_UNKNOWN_CODE, TEXT_UNKNOWN_PASSWORD,
  TEXT_MISMATCH = 1500, TEXT_WAIT, TEXT_WAITED, TEXT_USER_OR_SERVER
};

static const struct { int key; const char *in[2]; } dialog_texts[] = {
  {TEXT_TITLE, {"Reset password", "Passwort zurücksetzen"}},
  {TEXT_BACK, {"Back", "Zurück"}},
  {TEXT_CANCEL, {"Cancel", "Abbrechen"}},
  {TEXT_NEXT, {"Next", "Weiter"}},
  {TEXT_RETRY, {"Retry", "Wiederholen"}},
  {TEXT_SEND_AGAIN, {"Send again", "Erneut senden"}},
  {TEXT_CLOSE, {"Close", "Schließen"}},
  {TEXT_SHOW, {"Show what I type", "Eingabe anzeigen"}},
  {TEXT_BUSY, {"Waiting for the service", "Der Dienst wird gefragt"}},

  {TEXT_HEADING, {"Forgot your password?", "Passwort vergessen?"}},
  {TEXT_HEADING_ANSWER, {"Your secret question", "Ihre Sicherheitsfrage"}},
  {TEXT_HEADING_CODE, {"Check your mail", "Sehen Sie in Ihre E-Mails"}},
  {TEXT_HEADING_PASSWORD, {"Choose a new password", "Wählen Sie ein neues Passwort"}},
  {TEXT_HEADING_DONE, {"Your password is changed", "Ihr Passwort ist geändert"}},
  {TEXT_BODY, {"Enter the user name or the e-mail address of your account.",
               "Geben Sie den Benutzernamen oder die E-Mail-Adresse Ihres Kontos ein."}},
  {TEXT_BODY_CODE, {"A code is on its way to you by mail. If none arrives, go back and request another.",
                    "Ein Code ist per E-Mail zu Ihnen unterwegs. Wenn keiner ankommt, gehen Sie zurück und fordern Sie einen neuen an."}},
  {TEXT_BODY_PASSWORD, {"Enter your new password twice.", "Geben Sie Ihr neues Passwort zweimal ein."}},
  {TEXT_BODY_DONE, {"You can now sign in with your new password.",
                    "Sie können sich jetzt mit dem neuen Passwort anmelden."}},
  {TEXT_LABEL, {"User name", "Benutzername"}},
  {TEXT_LABEL_ANSWER, {"Answer", "Antwort"}},
  {TEXT_LABEL_CODE, {"Code", "Code"}},
  {TEXT_LABEL_PASSWORD, {"New password", "Neues Passwort"}},
  {TEXT_LABEL_REPEAT, {"Repeat password", "Passwort wiederholen"}},

  {TEXT_MISMATCH, {"The two passwords are not the same.", "Die beiden Passwörter sind nicht gleich."}},
  {TEXT_WAIT, {"Too many requests. You can try again in %u s.", "Zu viele Anfragen. Neuer Versuch in %u s möglich."}},
  {TEXT_WAITED, {"You can try again now.", "Sie können es jetzt erneut versuchen."}},
  {TEXT_USER_OR_SERVER, {"The service failed. It may not know this user name.",
                         "Fehler im Dienst. Vielleicht kennt er diesen Benutzernamen nicht."}},
  {TEXT_UNKNOWN_RESET, {"No response came, but a code may have been mailed. Please look before you request another.",
                        "Es kam keine Bestätigung, aber vielleicht ein Code per E-Mail. Bitte sehen Sie nach, bevor Sie einen neuen anfordern."}},
  {TEXT_UNKNOWN_CODE, {"No response came. A code works only once: if it is refused now, go back and request another.",
                       "Es kam keine Bestätigung. Ein Code gilt nur einmal: Wird er jetzt abgelehnt, fordern Sie einen neuen an."}},
  {TEXT_UNKNOWN_PASSWORD, {"It is not known whether your password was changed. Try to sign in with it before you send it again.",
                           "Es ist nicht bekannt, ob Ihr Passwort geändert wurde. Versuchen Sie, sich damit anzumelden, bevor Sie es erneut senden."}},

  {ASR_INVALID_ARGUMENT, {"This entry cannot be sent. Please check it.", "Diese Eingabe kann nicht gesendet werden. Bitte prüfen Sie sie."}},
  {ASR_INSECURE_URL, {"The connection would not be encrypted. Please contact the vendor of this program.",
                      "Die Verbindung wäre nicht verschlüsselt. Bitte wenden Sie sich an den Hersteller dieses Programms."}},
  {ASR_CANCELLED, {"Cancelled. Nothing was changed.", "Abgebrochen. Es wurde nichts geändert."}},
  {ASR_RESOLVE_FAILED, {"The service was not found. Are you online?", "Der Dienst wurde nicht gefunden. Sind Sie online?"}},
  {ASR_CONNECT_FAILED, {"The service cannot be reached. Are you online?", "Der Dienst ist nicht erreichbar. Sind Sie online?"}},
  {ASR_TLS_FAILED, {"No secure connection to the service can be made here.", "Hier ist keine sichere Verbindung zum Dienst möglich."}},
  {ASR_TIMEOUT, {"The service took too long to respond.", "Der Dienst hat zu lange nicht geantwortet."}},
  {ASR_CONNECTION_LOST, {"The connection to the service was lost.", "Die Verbindung zum Dienst ist abgebrochen."}},
  {ASR_APP_KEY_REJECTED, {"The service does not accept this program. Please contact its vendor.",
                          "Der Dienst akzeptiert dieses Programm nicht. Bitte wenden Sie sich an den Hersteller."}},
  {ASR_RATE_LIMITED, {"Too many requests. Please try again later.", "Zu viele Anfragen. Bitte versuchen Sie es später erneut."}},
  {ASR_SERVER_ERROR, {"The service failed. Please try again later.", "Fehler im Dienst. Bitte versuchen Sie es später erneut."}},
  {ASR_INVALID_RESPONSE, {"Something else than the service responded. Does this network want you to sign in first?",
                          "Etwas anderes als der Dienst hat geantwortet. Verlangt dieses Netz erst eine Anmeldung?"}},
  {ASR_INTERNAL, {"Something went wrong. Please contact the vendor of this program.",
                  "Etwas ist schiefgegangen. Bitte wenden Sie sich an den Hersteller dieses Programms."}},
};

/* NULL for a key without a text. A code that a newer library adds gets the text of an internal error. */
static const char *dialog_text(int key, int language) {
  unsigned i;
  for (i = 0; i < sizeof dialog_texts / sizeof dialog_texts[0]; i++)
    if (dialog_texts[i].key == key) return dialog_texts[i].in[language];
  return key < TEXT_TITLE ? dialog_text(ASR_INTERNAL, language) : 0;
}

#endif
