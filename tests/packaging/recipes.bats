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
  { QuestionDialog closed(client, "hello@autoshares.com"); }
  QuestionDialog dialog(client, "hello@autoshares.com");
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

@test "the dialog in Win32 compiles" {
  x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -Wno-unused-function -Iinclude -c "$(block recipes.md '*.win32.c')" \
    -o "$BATS_TEST_TMPDIR/dialog.o"
}
