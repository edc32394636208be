// The dialog "Forgot your password?" in WinForms, for .NET Framework 4.7.2 and newer, and Mono:
//
//     csc -langversion:8 -target:winexe -r:AutoShares.Reset.dll -r:netstandard.dll WinForms.cs Texts.cs
//
// Base URL and app key come from AUTOSHARES_BASE_URL and AUTOSHARES_APP_KEY here; put in yours.
#nullable enable
using System;
using System.Diagnostics;
using System.Drawing;
using System.Threading;
using System.Threading.Tasks;
using System.Windows.Forms;
using AutoShares.Reset;

internal sealed class ResetForm : Form
{
    private readonly ResetClient client;
    private readonly CancellationTokenSource closing = new CancellationTokenSource();
    private readonly System.Windows.Forms.Timer second = new System.Windows.Forms.Timer { Interval = 1000 };
    private readonly Label heading = NewLabel(), body = NewLabel(), label = NewLabel(), repeatLabel = NewLabel(), message = NewLabel();
    private readonly TextBox field = new TextBox(), repeat = new TextBox();
    private readonly CheckBox show = new CheckBox { Text = Texts.Of("show"), AutoSize = true };
    private readonly ProgressBar busy =
        new ProgressBar { Style = ProgressBarStyle.Marquee, Height = 6, Dock = DockStyle.Bottom, AccessibleName = Texts.Of("busy") };
    private readonly Button back = NewButton("back"), next = NewButton("next"), cancelButton = NewButton("cancel");
    private CancellationTokenSource? cancel; // there while a call runs
    private Step step;
    private string user = "", token = "";
    private string? question;
    private DateTime waitUntil;

    internal ResetForm(ResetClient client)
    {
        this.client = client;
        SuspendLayout();
        Text = Texts.Of("title");
        Font = SystemFonts.MessageBoxFont;
        heading.Font = new Font(Font.FontFamily, Font.Size * 1.5F, FontStyle.Bold);
        message.ForeColor = Color.FromArgb(0xc6, 0x28, 0x28);
        message.MinimumSize = new Size(0, 36); // so that nothing moves when a message comes
        repeatLabel.Text = repeat.AccessibleName = Texts.Of("label repeat");
        FormBorderStyle = FormBorderStyle.FixedDialog;
        MaximizeBox = MinimizeBox = false;
        StartPosition = FormStartPosition.CenterScreen;
        ClientSize = new Size(440, 330);
        Padding = new Padding(18, 14, 18, 14);
        var buttons = new TableLayoutPanel { ColumnCount = 4, Dock = DockStyle.Bottom, Height = 38 };
        buttons.ColumnStyles.Add(new ColumnStyle(SizeType.AutoSize));
        buttons.ColumnStyles.Add(new ColumnStyle(SizeType.Percent, 100));
        buttons.Controls.Add(back, 0, 0);
        buttons.Controls.Add(next, 2, 0);
        buttons.Controls.Add(cancelButton, 3, 0);
        // A label stands before its field, which ties the two for screen readers.
        var column = new TableLayoutPanel { ColumnCount = 1, Dock = DockStyle.Fill };
        column.ColumnStyles.Add(new ColumnStyle(SizeType.Percent, 100));
        foreach (Control control in new Control[] { heading, body, label, field, repeatLabel, repeat, show, message })
        {
            control.Dock = DockStyle.Fill;
            control.Margin = new Padding(3, 3, 3, control is Label && control != body && control != heading ? 0 : 6);
            column.RowStyles.Add(new RowStyle(SizeType.AutoSize));
            column.Controls.Add(control);
        }
        Controls.AddRange(new Control[] { column, busy, buttons });
        AutoScaleDimensions = new SizeF(96F, 96F);
        AutoScaleMode = AutoScaleMode.Dpi;
        ResumeLayout(); // Scales the controls; the fonts scale by themselves.
        AcceptButton = next;
        CancelButton = cancelButton;
        cancelButton.DialogResult = DialogResult.None;
        next.Click += GoOn;
        back.Click += (sender, e) =>
            Enter(step == Step.Password ? Step.Code : step == Step.Code && question != null ? Step.Answer : Step.User);
        cancelButton.Click += (sender, e) => Stop();
        field.TextChanged += (sender, e) => ShowState();
        repeat.TextChanged += (sender, e) => ShowState();
        show.CheckedChanged += (sender, e) => ShowState();
        second.Tick += (sender, e) => CountDown();
        Enter(Step.User);
    }

    private enum Step { User, Answer, Code, Password, Done }

    protected override void OnShown(EventArgs e)
    {
        base.OnShown(e);
        field.Select();
        // While the user types. A failure here recurs in the first call, which reports it.
        client.ConnectAsync(closing.Token).ContinueWith(ahead => Trace.WriteLine(ahead.Exception?.Message ?? "connected"));
    }

    protected override void OnFormClosed(FormClosedEventArgs e)
    {
        base.OnFormClosed(e);
        closing.Cancel();
        cancel?.Cancel();
    }

    private static Label NewLabel() => new Label { AutoSize = true, UseMnemonic = false, MaximumSize = new Size(395, 0) };

    private static Button NewButton(string text) => new Button { Text = Texts.Of(text), Size = new Size(92, 28) };

    private new void Enter(Step entered)
    {
        step = entered;
        string name = step.ToString().ToLowerInvariant();
        bool done = step == Step.Done, secret = step != Step.User && !done;
        heading.Text = Texts.Of("heading " + name);
        body.Text = step == Step.Answer ? question : Texts.Of("body " + name);
        label.Text = field.AccessibleName = done ? "" : Texts.Of("label " + name);
        next.Text = Texts.Of(done ? "close" : "next");
        label.Visible = field.Visible = cancelButton.Visible = !done;
        repeatLabel.Visible = repeat.Visible = step == Step.Password;
        show.Visible = back.Visible = secret;
        show.Checked = false;
        field.Text = step == Step.User ? user : "";
        repeat.Text = "";
        Tell(second.Enabled ? Waiting() : "");
        ShowState();
        Edit();
    }

    private void Edit()
    {
        (step == Step.Done ? (Control)next : field).Select();
        field.SelectAll();
        repeat.SelectAll();
    }

    private void ShowState()
    {
        field.ReadOnly = repeat.ReadOnly = cancel != null;
        field.UseSystemPasswordChar = repeat.UseSystemPasswordChar = step != Step.User && !show.Checked;
        busy.Visible = cancel != null;
        back.Enabled = cancel == null;
        bool filled = field.TextLength > 0 && (step != Step.Password || repeat.TextLength > 0);
        next.Enabled = step == Step.Done || (filled && cancel == null && !second.Enabled);
    }

    private void Tell(string text) => message.Text = field.AccessibleDescription = text;

    private string Waiting() => string.Format(Texts.Of("wait"), (int)Math.Ceiling((waitUntil - DateTime.UtcNow).TotalSeconds));

    private void CountDown()
    {
        second.Enabled = waitUntil > DateTime.UtcNow;
        Tell(second.Enabled ? Waiting() : Texts.Of("waited"));
        ShowState();
    }

    private void Stop()
    {
        if (cancel != null)
            cancel.Cancel();
        else
            Close();
    }

    private async void GoOn(object? sender, EventArgs e)
    {
        if (step == Step.Done)
            Close();
        else if (step == Step.Password && field.Text != repeat.Text)
            Tell(Texts.Of("mismatch"));
        else
            await CallAsync();
        if (!IsDisposed)
            Edit();
    }

    private async Task CallAsync()
    {
        user = step == Step.User ? field.Text : user;
        Tell("");
        next.Text = Texts.Of("next");
        ResetException? failure = null;
        bool changesThings = step != Step.User; // unlike a look-up, it must not be repeated automatically
        cancel = new CancellationTokenSource();
        ShowState();
        try
        {
            if (step == Step.User)
                question = await client.GetSecretQuestionAsync(user, cancel.Token);
            else if (step == Step.Code)
                token = await client.ConfirmCodeAsync(field.Text, cancel.Token);
            else if (step == Step.Password)
                await client.SetPasswordAsync(token, field.Text, cancel.Token);
            changesThings = changesThings || question == null;
            if (step == Step.Answer || (step == Step.User && question == null))
                await client.RequestResetAsync(user, question == null ? null : field.Text, cancel.Token);
        }
        catch (Exception error) when (error is ResetException || error is OperationCanceledException)
        {
            // The inner exception of a cancelled call tells if the request was sent.
            failure = (error as ResetException ?? error.InnerException as ResetException)
                ?? new ResetException(ResetCode.Cancelled, error.Message);
        }
        cancel = null;
        if (!IsDisposed && failure != null)
            Fail(failure, changesThings);
        else if (!IsDisposed)
            Enter(step == Step.User && question == null ? Step.Code : step + 1);
    }

    private void Fail(ResetException failure, bool changesThings)
    {
        Trace.WriteLine(failure.Details); // for support; it holds no secret
        bool saidNo = failure.Code >= ResetCode.AppKeyRejected && failure.Code <= ResetCode.RateLimited;
        if (changesThings && failure.RequestSent && !saidNo)
        {
            string sent = step <= Step.Answer ? "reset" : step.ToString().ToLowerInvariant();
            if (step <= Step.Answer)
                Enter(Step.Code); // because a code may be on its way
            else
                next.Text = Texts.Of("send again");
            Tell(Texts.Of("unknown " + sent));
        }
        else if (failure.Code == ResetCode.RateLimited && failure.RetryAfter != null)
        {
            waitUntil = DateTime.UtcNow + failure.RetryAfter.Value;
            CountDown();
        }
        else if (failure.Code == ResetCode.Rejected || failure.Code == ResetCode.AnswerIncorrect)
        {
            Tell(failure.Message); // the service's text
        }
        else
        {
            next.Text = Texts.Of(failure.Code >= ResetCode.ResolveFailed && !saidNo ? "retry" : "next");
            bool inDoubt = step == Step.User && failure.Code == ResetCode.ServerError;
            Tell(Texts.Of(inDoubt ? (object)"user or server" : failure.Code));
        }

        ShowState();
    }
}

internal static class Program
{
    [STAThread]
    private static void Main()
    {
        Application.EnableVisualStyles();
        Application.SetCompatibleTextRenderingDefault(false);
        string baseUrl = Environment.GetEnvironmentVariable("AUTOSHARES_BASE_URL") ?? "";
        string appKey = Environment.GetEnvironmentVariable("AUTOSHARES_APP_KEY") ?? "";
        using var client = new ResetClient(new ResetClientOptions { BaseUrl = baseUrl, AppKey = appKey });
        Application.Run(new ResetForm(client));
    }
}
