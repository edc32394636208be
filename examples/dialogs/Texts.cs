// The texts of the dialog in WinForms, in English and German: for an outcome by its code, the others by name.
// The dialog shows the service's own messages unchanged.
using System.Collections.Generic;
using System.Globalization;
using AutoShares.Reset;

internal static class Texts
{
    private static readonly bool German = CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "de";

    private static readonly Dictionary<object, (string English, string German)> Table = new Dictionary<object, (string, string)>
    {
        ["title"] = ("Reset password", "Passwort zurücksetzen"),
        ["back"] = ("Back", "Zurück"),
        ["cancel"] = ("Cancel", "Abbrechen"),
        ["next"] = ("Next", "Weiter"),
        ["retry"] = ("Retry", "Wiederholen"),
        ["send again"] = ("Send again", "Erneut senden"),
        ["close"] = ("Close", "Schließen"),
        ["busy"] = ("Waiting for the service", "Der Dienst wird gefragt"),
        ["show"] = ("Show what I type", "Eingabe anzeigen"),
        ["heading user"] = ("Forgot your password?", "Passwort vergessen?"),
        ["heading answer"] = ("Your secret question", "Ihre Sicherheitsfrage"),
        ["heading code"] = ("Check your mail", "Sehen Sie in Ihre E-Mails"),
        ["heading password"] = ("Choose a new password", "Wählen Sie ein neues Passwort"),
        ["heading done"] = ("Your password is changed", "Ihr Passwort ist geändert"),
        ["body user"] = (
            "Enter the user name or the e-mail address of your account.",
            "Geben Sie den Benutzernamen oder die E-Mail-Adresse Ihres Kontos ein."),
        ["body code"] = (
            "A code is on its way to you by mail. If none arrives, go back and request another.",
            "Ein Code ist per E-Mail zu Ihnen unterwegs. Wenn keiner ankommt, gehen Sie zurück und fordern Sie einen neuen an."),
        ["body password"] = ("Enter your new password twice.", "Geben Sie Ihr neues Passwort zweimal ein."),
        ["body done"] = ("You can now sign in with your new password.", "Sie können sich jetzt mit dem neuen Passwort anmelden."),
        ["label user"] = ("User name", "Benutzername"),
        ["label answer"] = ("Answer", "Antwort"),
        ["label code"] = ("Code", "Code"),
        ["label password"] = ("New password", "Neues Passwort"),
        ["label repeat"] = ("Repeat password", "Passwort wiederholen"),
        ["mismatch"] = ("The two passwords are not the same.", "Die beiden Passwörter sind nicht gleich."),
        ["wait"] = ("Too many requests. You can try again in {0} s.", "Zu viele Anfragen. Neuer Versuch in {0} s möglich."),
        ["waited"] = ("You can try again now.", "Sie können es jetzt erneut versuchen."),
        ["user or server"] = (
            "The service failed. It may not know this user name.",
            "Fehler im Dienst. Vielleicht kennt er diesen Benutzernamen nicht."),
        ["unknown reset"] = (
            "No response came, but a code may have been mailed. Please look before you request another.",
            "Es kam keine Bestätigung, aber vielleicht ein Code per E-Mail. Bitte sehen Sie nach, bevor Sie einen neuen anfordern."),
        ["unknown code"] = (
            "No response came. A code works only once: if it is refused now, go back and request another.",
            "Es kam keine Bestätigung. Ein Code gilt nur einmal: Wird er jetzt abgelehnt, fordern Sie einen neuen an."),
        ["unknown password"] = (
            "It is not known whether your password was changed. Try to sign in with it before you send it again.",
            "Es ist nicht bekannt, ob Ihr Passwort geändert wurde. Versuchen Sie, sich damit anzumelden, bevor Sie es erneut senden."),
        [ResetCode.InvalidArgument] = (
            "This entry cannot be sent. Please check it.",
            "Diese Eingabe kann nicht gesendet werden. Bitte prüfen Sie sie."),
        [ResetCode.InsecureUrl] = (
            "The connection would not be encrypted. Please contact the vendor of this program.",
            "Die Verbindung wäre nicht verschlüsselt. Bitte wenden Sie sich an den Hersteller dieses Programms."),
        [ResetCode.Cancelled] = ("Cancelled. Nothing was changed.", "Abgebrochen. Es wurde nichts geändert."),
        [ResetCode.ResolveFailed] = (
            "The service was not found. Are you online?",
            "Der Dienst wurde nicht gefunden. Sind Sie online?"),
        [ResetCode.ConnectFailed] = (
            "The service cannot be reached. Are you online?",
            "Der Dienst ist nicht erreichbar. Sind Sie online?"),
        [ResetCode.TlsFailed] = (
            "No secure connection to the service can be made here.",
            "Hier ist keine sichere Verbindung zum Dienst möglich."),
        [ResetCode.Timeout] = ("The service took too long to respond.", "Der Dienst hat zu lange nicht geantwortet."),
        [ResetCode.ConnectionLost] = ("The connection to the service was lost.", "Die Verbindung zum Dienst ist abgebrochen."),
        [ResetCode.AppKeyRejected] = (
            "The service does not accept this program. Please contact its vendor.",
            "Der Dienst akzeptiert dieses Programm nicht. Bitte wenden Sie sich an den Hersteller."),
        [ResetCode.RateLimited] = (
            "Too many requests. Please try again later.",
            "Zu viele Anfragen. Bitte versuchen Sie es später erneut."),
        [ResetCode.ServerError] = (
            "The service failed. Please try again later.",
            "Fehler im Dienst. Bitte versuchen Sie es später erneut."),
        [ResetCode.InvalidResponse] = (
            "Something else than the service responded. Does this network want you to sign in first?",
            "Etwas anderes als der Dienst hat geantwortet. Verlangt dieses Netz erst eine Anmeldung?"),
        [ResetCode.Internal] = (
            "Something went wrong. Please contact the vendor of this program.",
            "Etwas ist schiefgegangen. Bitte wenden Sie sich an den Hersteller dieses Programms."),
    };

    /// <summary>The text by its key. A code that a newer library brings gets that of an internal error.</summary>
    internal static string Of(object key)
    {
        (string english, string german) = Table[key is ResetCode && !Table.ContainsKey(key) ? ResetCode.Internal : key];
        return German ? german : english;
    }
}
