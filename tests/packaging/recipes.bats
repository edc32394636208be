#!/usr/bin/env bats
# The recipes for windows: compiled with the real toolkits, and run where there is one without a screen.

# `load` is not followed, and pkg-config's words are to be split.
# shellcheck disable=SC2154,SC2046
load support

setup_file() { start_with_blocks; }

setup() { cd "$root" || return; }

@test "the dialog in GTK shows the question" {
  {
    cat "$(block recipes.md '*.gtk.c')"
    cat <<'MAIN'
#include <stdlib.h>

static void shown(GObject *label, GParamSpec *changed, gpointer loop) {
  (void)changed;
  puts(gtk_label_get_text(GTK_LABEL(label)));
  g_main_loop_quit(loop);
}

int main(int argc, char **argv) {
  asr_config *config = asr_config_new(getenv("AUTOSHARES_BASE_URL"), getenv("AUTOSHARES_APP_KEY"));
  GMainLoop *loop = g_main_loop_new(NULL, FALSE);
  GtkWidget *label;
  client = asr_client_new(config, NULL);
  asr_config_free(config);
  gtk_init(&argc, &argv);
  label = g_object_ref_sink(gtk_label_new(""));
  g_signal_connect(label, "notify::label", G_CALLBACK(shown), loop);
  connect_ahead(NULL);
  show_question(GTK_LABEL(label), "hello@autoshares.com", NULL);
  g_main_loop_run(loop);
  g_object_unref(label);
  g_main_loop_unref(loop);
  asr_client_free(client);
  return 0;
}
MAIN
  } >"$BATS_TEST_TMPDIR/dialog.c"
  compiled cc "$BATS_TEST_TMPDIR/dialog.c" $(pkg-config --cflags --libs gtk+-3.0)
  prints "$QUESTION" xvfb-run -a "$BATS_TEST_TMPDIR/program"
}

@test "the dialog in Qt shows the question, and closes while it is asked for" {
  {
    cat "$(block recipes.md '*.qt.cpp')"
    cat <<'MAIN'
#include <QApplication>
#include <QTimer>
#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  QApplication app(argc, argv);
  autoshares_reset::Config config;
  config.base_url = std::getenv("AUTOSHARES_BASE_URL");
  config.app_key = std::getenv("AUTOSHARES_APP_KEY");
  const autoshares_reset::Client client(config);
  { QuestionDialog closed(client); }
  {
    QuestionDialog closed(client);
    closed.ask("hello@autoshares.com");
  }
  QuestionDialog dialog(client);
  dialog.ask("hello@autoshares.com");
  const QLabel *label = dialog.findChild<QLabel *>();
  const QString before = label->text();
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, [&] {
    if (label->text() == before) return;
    std::puts(label->text().toUtf8().constData());
    app.quit();
  });
  timer.start(10);
  return app.exec();
}
MAIN
  } >"$BATS_TEST_TMPDIR/dialog.cpp"
  compiled c++ -std=c++17 -fPIC "$BATS_TEST_TMPDIR/dialog.cpp" $(pkg-config --cflags --libs Qt5Widgets)
  QT_QPA_PLATFORM=offscreen prints "$QUESTION" "$BATS_TEST_TMPDIR/program"
}

# A library is played here, which counts what it has given out.
@test "the dialog in Win32 shows answers whole, and closes and is cancelled at any time without a leak" {
  {
    cat <<'LIBRARY'
#include <windows.h>
#include <process.h>

static BOOL threads_are_scarce;

static uintptr_t begin_thread(unsigned(__stdcall *run)(void *), void *argument) {
  return threads_are_scarce ? 0 : _beginthreadex(NULL, 0, run, argument, 0, NULL);
}
#define _beginthreadex(security, stack, run, argument, flags, id) begin_thread(run, argument)
LIBRARY
    cat "$(block recipes.md '*.win32.c')"
    cat <<'MAIN'
#include <stdio.h>

struct asr_cancel { HANDLE triggered; };

static LONG alive;
static BOOL answers_at_once;
static char question[3001];

asr_cancel *asr_cancel_new(void) {
  asr_cancel *cancel = malloc(sizeof *cancel);
  cancel->triggered = CreateEventW(NULL, TRUE, FALSE, NULL);
  InterlockedIncrement(&alive);
  return cancel;
}
void asr_cancel_trigger(asr_cancel *cancel) { if (cancel) SetEvent(cancel->triggered); }
void asr_cancel_free(asr_cancel *cancel) {
  if (!cancel) return;
  CloseHandle(cancel->triggered);
  free(cancel);
  InterlockedDecrement(&alive);
}
asr_result *asr_secret_question(const asr_client *none, const char *user, asr_cancel *cancel) {
  asr_result *result = calloc(1, sizeof *result);
  (void)none, (void)user;
  InterlockedIncrement(&alive);
  if (!answers_at_once) WaitForSingleObject(cancel->triggered, INFINITE);
  result->code = answers_at_once ? ASR_OK : ASR_CANCELLED;
  if (answers_at_once) result->question = question;
  else result->message = "The call was cancelled.";
  return result;
}
asr_result *asr_client_connect(const asr_client *none, asr_cancel *cancel) {
  asr_result *result = calloc(1, sizeof *result);
  (void)none;
  InterlockedIncrement(&alive);
  WaitForSingleObject(cancel->triggered, INFINITE);
  result->code = ASR_CANCELLED;
  return result;
}
void asr_result_free(asr_result *result) {
  if (result) InterlockedDecrement(&alive);
  free(result);
}

static struct lookup lookup, ahead;
static HWND label;

static void receive(void) {
  MSG message;
  GetMessageW(&message, lookup.window, WM_ANSWERED, WM_ANSWERED);
  lookup_answered(label, message.lParam);
}

#define CHECK(that) if (!(that)) return printf("%s (line %d)\n", #that, __LINE__), 1

int main(void) {
  DWORD before, after;
  MSG message;
  memset(question, 'q', sizeof question - 1);
  label = CreateWindowW(L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
  lookup.window = CreateWindowW(L"STATIC", L"", 0, 0, 0, 0, 0, HWND_MESSAGE, NULL, NULL, NULL);
  CHECK(label && lookup.window);
  lookup_stop(&lookup);
  GetProcessHandleCount(GetCurrentProcess(), &before);

  answers_at_once = TRUE;
  CHECK(lookup_start(&lookup));
  receive();
  CHECK(GetWindowTextLengthW(label) == 3000);
  lookup_stop(&lookup);
  CHECK(alive == 0);

  CHECK(lookup_start(&lookup));
  WaitForSingleObject(lookup.thread, INFINITE);
  lookup_stop(&lookup); /* with the answer in the queue */
  CHECK(alive == 0);

  CHECK(lookup_start(&lookup));
  receive();
  PostQuitMessage(7);
  lookup_stop(&lookup);
  CHECK(PeekMessageW(&message, NULL, 0, 0, PM_REMOVE) && message.message == WM_QUIT && message.wParam == 7);

  answers_at_once = FALSE;
  CHECK(lookup_start(&lookup));
  lookup_cancel(&lookup);
  lookup_cancel(&lookup);
  receive();
  CHECK(GetWindowTextLengthW(label) == (int)strlen("The call was cancelled."));
  lookup_stop(&lookup);
  lookup_stop(&lookup);
  lookup_cancel(&lookup);
  CHECK(alive == 0 && !lookup.thread && !lookup.cancel);

  CHECK(lookup_start(&lookup));
  lookup_stop(&lookup); /* while it is asked for */
  CHECK(alive == 0);

  ahead.window = lookup.window;
  CHECK(connect_start(&ahead));
  answers_at_once = TRUE;
  CHECK(lookup_start(&lookup));
  receive();
  lookup_stop(&lookup);
  lookup_stop(&ahead);
  CHECK(alive == 0);

  threads_are_scarce = TRUE;
  CHECK(!connect_start(&ahead));
  CHECK(!lookup_start(&lookup));
  lookup_stop(&lookup);
  CHECK(alive == 0);
  GetProcessHandleCount(GetCurrentProcess(), &after);
  CHECK(after == before);
  return puts("closed") < 0;
}
MAIN
  } >"$BATS_TEST_TMPDIR/dialog.c"
  x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -Iinclude "$BATS_TEST_TMPDIR/dialog.c" -o "$BATS_TEST_TMPDIR/dialog.exe"
  # Wine leaves a server behind for a while, which must not keep bats waiting.
  [ "$(scripts/wine.sh "$BATS_TEST_TMPDIR/dialog.exe" 3>&- | tr -d '\r')" = closed ]
}

@test "texts of Windows are converted both ways, and what cannot be is refused" {
  {
    cat "$(block recipes.md '*.utf16.c')"
    cat <<'MAIN'
#include <stdio.h>
#include <string.h>

static char path[64];
void asr_config_set_ca_file(asr_config *config, const char *text) {
  (void)config;
  snprintf(path, sizeof path, "%s", text);
}

#define CHECK(that) if (!(that)) return printf("%s (line %d)\n", #that, __LINE__), 1

int main(void) {
  const wchar_t lone[] = {L'a', 0xDC36, 0};
  wchar_t *wide = utf16_of("ca-caf\xC3\xA9-\xF0\x9F\x90\xB6.pem");
  CHECK(wide && wcscmp(wide, L"ca-caf\u00E9-\U0001F436.pem") == 0);
  CHECK(trust_file(NULL, wide));
  CHECK(strcmp(path, "ca-caf\xC3\xA9-\xF0\x9F\x90\xB6.pem") == 0);
  CHECK(!utf8_of(lone) && !trust_file(NULL, lone));
  free(wide);
  return puts("converted") < 0;
}
MAIN
  } >"$BATS_TEST_TMPDIR/texts.c"
  x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -Iinclude "$BATS_TEST_TMPDIR/texts.c" -o "$BATS_TEST_TMPDIR/texts.exe"
  # As above.
  [ "$(scripts/wine.sh "$BATS_TEST_TMPDIR/texts.exe" 3>&- | tr -d '\r')" = converted ]
}
