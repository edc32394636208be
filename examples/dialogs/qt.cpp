// "Forgot your password?" as a dialog in Qt 6. In a release's archive, in this folder:
//
//     c++ -std=c++17 -fPIC qt.cpp -o qt $(pkg-config --cflags --libs autoshares_reset Qt6Widgets)
//
// Base URL and app key come from AUTOSHARES_BASE_URL and AUTOSHARES_APP_KEY here; put in yours.
#include "texts.h"
#include <autoshares_reset.hpp>

#include <QtWidgets>
#include <optional>

using autoshares_reset::Cancel;
using autoshares_reset::Client;
using autoshares_reset::Failure;

namespace {

enum Step { User, Answer, MailedCode, Password, Done };

struct Reply {  // of a worker to the window
  std::optional<Failure> failure = {};
  std::optional<std::string> question = {};
  std::string token = {};
  bool changes_things = true;  // unlike a look-up, it must not be repeated automatically
};

QString text(int key) {
  static const bool german = QLocale::system().language() == QLocale::German;
  return QString::fromUtf8(dialog_text(key, german ? LANGUAGE_GERMAN : LANGUAGE_ENGLISH));
}

Reply reply(const autoshares_reset::Result<>& result) { return result ? Reply{} : Reply{result.error()}; }

// One step's call, in a worker's thread.
Reply call(const Client& client, Step step, const QByteArray& user, const QByteArray& entry, const std::string& token,
           const Cancel& cancel) {
  switch (step) {
  case User: {
    const auto question = client.try_secret_question(user.toStdString(), cancel);
    if (!question) return {question.error(), {}, {}, false};
    if (*question) return {{}, *question, {}, false};
    return reply(client.try_request_reset(user.toStdString(), std::nullopt, cancel));  // no question to answer
  }
  case Answer:
    return reply(client.try_request_reset(user.toStdString(), entry.constData(), cancel));
  case MailedCode: {
    const auto confirmed = client.try_confirm_code(entry.constData(), cancel);
    return confirmed ? Reply{{}, {}, *confirmed} : Reply{confirmed.error()};
  }
  default:
    return reply(client.try_set_password(token, entry.constData(), cancel));
  }
}

class ResetDialog : public QDialog {
 public:
  explicit ResetDialog(const Client& client) : client_(client) {
    setWindowTitle(text(TEXT_TITLE));
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.5);
    large.setBold(true);
    heading_->setFont(large);
    for (QLabel* label : {heading_, body_, message_}) label->setWordWrap(true);
    for (QLabel* label : {body_, message_}) label->setTextFormat(Qt::PlainText);  // the service's text is not HTML
    // There is room for a message from the start, so that nothing moves when one comes.
    message_->setMinimumHeight(2 * fontMetrics().lineSpacing());
    message_->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    message_->setStyleSheet(QStringLiteral("color: #c62828"));
    busy_->setRange(0, 0);
    busy_->setTextVisible(false);
    busy_->setFixedHeight(6);
    busy_->setAccessibleName(text(TEXT_BUSY));
    auto keeps = busy_->sizePolicy();
    keeps.setRetainSizeWhenHidden(true);
    busy_->setSizePolicy(keeps);

    form_->setRowWrapPolicy(QFormLayout::WrapAllRows);
    form_->addRow(text(TEXT_LABEL), field_);  // which makes the label the field's buddy
    form_->addRow(text(TEXT_LABEL_REPEAT), repeat_);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(back_);
    buttons->addStretch();
    for (QPushButton* button : {cancel_button_, next_}) buttons->addWidget(button);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 20, 24, 20);
    column->addWidget(heading_);
    column->addWidget(body_);
    column->addLayout(form_);
    column->addWidget(show_);
    column->addWidget(message_);
    column->addWidget(busy_, 1, Qt::AlignBottom);
    column->addLayout(buttons);
    resize(460, 330);
    next_->setDefault(true);
    for (QPushButton* other : {back_, cancel_button_}) other->setAutoDefault(false);

    connect(next_, &QPushButton::clicked, this, &ResetDialog::next);
    connect(back_, &QPushButton::clicked, this,
            [this] { enter(step_ == Password ? MailedCode : step_ == MailedCode && has_question_ ? Answer : User); });
    connect(cancel_button_, &QPushButton::clicked, this, &ResetDialog::reject);
    connect(show_, &QCheckBox::toggled, this, &ResetDialog::update);
    for (QLineEdit* field : {field_, repeat_}) connect(field, &QLineEdit::textChanged, this, &ResetDialog::update);
    connect(&second_, &QTimer::timeout, this, [this] {
      tell(wait_.hasExpired() ? text(TEXT_WAITED) : waiting());
      if (wait_.hasExpired()) second_.stop();
      update();
    });
    enter(User);
    // While the user types. A failure here recurs in the first call, which reports it.
    workers_.start([this] { static_cast<void>(client_.try_connect(closing_)); });
  }

  ~ResetDialog() override {
    closing_.trigger();
    if (cancel_) cancel_->trigger();
    workers_.waitForDone();  // the library's objects must outlive the calls
  }

 protected:
  // Esc and the button: ends the call, or else the dialog.
  void reject() override {
    cancel_ ? cancel_->trigger() : QDialog::reject();
  }
  void closeEvent(QCloseEvent*) override { QDialog::reject(); }

 private:
  void enter(Step step) {
    step_ = step;
    heading_->setText(text(TEXT_HEADING + step));
    body_->setText(step == Answer ? question_ : text(TEXT_BODY + step));
    if (step != Done) static_cast<QLabel*>(form_->labelForField(field_))->setText(text(TEXT_LABEL + step));
    form_->setRowVisible(field_, step != Done);
    form_->setRowVisible(repeat_, step == Password);
    show_->setVisible(step != User && step != Done);
    back_->setVisible(step != User && step != Done);
    cancel_button_->setVisible(step != Done);
    show_->setChecked(false);
    field_->setText(step == User ? user_ : QString());
    repeat_->clear();
    next_->setText(text(step == Done ? TEXT_CLOSE : TEXT_NEXT));
    tell(second_.isActive() ? waiting() : QString());
    update();
    step == Done ? next_->setFocus() : edit();
  }

  void update() {
    const bool busy = cancel_.has_value(), shown = step_ == User || show_->isChecked();
    for (QLineEdit* field : {field_, repeat_}) {
      field->setReadOnly(busy);
      field->setEchoMode(shown ? QLineEdit::Normal : QLineEdit::Password);
    }
    const bool filled = !field_->text().isEmpty() && (step_ != Password || !repeat_->text().isEmpty());
    busy_->setVisible(busy);
    back_->setEnabled(!busy);
    next_->setEnabled(step_ == Done || (!busy && filled && !second_.isActive()));
  }

  void edit() {
    field_->setFocus();
    field_->selectAll();
  }

  void tell(const QString& message) {
    message_->setText(message);
    field_->setAccessibleDescription(message);
    QAccessibleEvent alert(message_, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
  }

  QString waiting() { return text(TEXT_WAIT).replace(QStringLiteral("%u"), QString::number(wait_.remainingTime() / 1000 + 1)); }

  void next() {
    if (step_ == Done) return accept();
    if (step_ == Password && field_->text() != repeat_->text()) return tell(text(TEXT_MISMATCH)), edit();
    if (step_ == User) user_ = field_->text();
    tell(QString());
    next_->setText(text(TEXT_NEXT));
    cancel_.emplace();
    update();
    workers_.start([this, step = step_, user = user_.toUtf8(), entry = field_->text().toUtf8(), token = token_]() mutable {
      Reply reply = call(client_, step, user, entry, token, *cancel_);
      entry.fill('\0');
      // Runs in the window's thread, and not at all if the dialog is gone by then.
      QMetaObject::invokeMethod(this, [this, reply] { finish(reply); }, Qt::QueuedConnection);
    });
  }

  void finish(const Reply& reply) {
    cancel_.reset();
    if (!reply.failure) {
      if (step_ == User) has_question_ = reply.question.has_value();
      if (reply.question) question_ = QString::fromStdString(*reply.question);
      if (step_ == MailedCode) token_ = reply.token;
      return enter(step_ == User && !has_question_ ? MailedCode : static_cast<Step>(step_ + 1));
    }
    const Failure& failure = *reply.failure;
    const int code = static_cast<int>(failure.code);
    qInfo("%s", failure.details.c_str());  // for support; it holds no secret
    const bool said_no = code >= ASR_APP_KEY_REJECTED && code <= ASR_RATE_LIMITED;
    if (reply.changes_things && failure.request_sent && !said_no) {
      const Step sent = step_ == User ? Answer : step_;
      if (sent == Answer) enter(MailedCode);  // because a code may be on its way
      else next_->setText(text(TEXT_SEND_AGAIN));
      tell(text(TEXT_UNKNOWN + sent));
    } else if (code == ASR_RATE_LIMITED && failure.retry_after) {
      wait_.setRemainingTime(*failure.retry_after);
      second_.start(1000);
      tell(waiting());
    } else if (code == ASR_REJECTED || code == ASR_ANSWER_INCORRECT) {
      tell(QString::fromStdString(failure.message));  // the service's text
    } else {
      if (!said_no && code >= ASR_RESOLVE_FAILED) next_->setText(text(TEXT_RETRY));
      tell(text(step_ == User && code == ASR_SERVER_ERROR ? TEXT_USER_OR_SERVER : code));
    }
    update();
    edit();
  }

  const Client& client_;
  const Cancel closing_;
  std::optional<Cancel> cancel_;  // there while a call runs
  Step step_ = User;
  bool has_question_ = false;
  QString user_, question_;
  std::string token_;
  QDeadlineTimer wait_;
  QTimer second_;
  QLabel *heading_ = new QLabel, *body_ = new QLabel, *message_ = new QLabel;
  QFormLayout* form_ = new QFormLayout;
  QLineEdit *field_ = new QLineEdit, *repeat_ = new QLineEdit;
  QCheckBox* show_ = new QCheckBox(text(TEXT_SHOW));
  QProgressBar* busy_ = new QProgressBar;
  QPushButton *back_ = new QPushButton(text(TEXT_BACK)), *cancel_button_ = new QPushButton(text(TEXT_CANCEL)),
              *next_ = new QPushButton(text(TEXT_NEXT));
  QThreadPool workers_;
};

}  // namespace

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  autoshares_reset::Config config;
  config.base_url = qEnvironmentVariable("AUTOSHARES_BASE_URL").toStdString();
  config.app_key = qEnvironmentVariable("AUTOSHARES_APP_KEY").toStdString();
  const auto client = Client::try_make(config);
  if (!client) qFatal("%s", client.error().message.c_str());
  return ResetDialog(*client).exec() == QDialog::Accepted ? 0 : 1;
}
