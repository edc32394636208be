/* The dialog "Forgot your password?" in GTK 4. In a release's archive, in this folder:
 *
 *     cc gtk.c -o gtk $(pkg-config --cflags --libs autoshares_reset gtk4)
 *
 * Base URL and app key come from AUTOSHARES_BASE_URL and AUTOSHARES_APP_KEY here; put in yours. */
#include "steps.h"
#include <gtk/gtk.h>

/* The dialog ends after its last call, because a call holds the application. A running call's data
 * does not change. */
struct dialog {
  asr_client *client;
  asr_cancel *closing, *cancel; /* for the connection that is made ahead; for a call, while it runs */
  enum step step;
  char *user, *entry, *question, *token;
  gboolean changes_things; /* unlike a look-up, the call must not be repeated automatically */
  gint64 wait_until;
  guint countdown;
  GtkWindow *window; /* NULL when it was closed */
  GtkLabel *heading, *body, *label, *repeat_label, *message;
  GtkWidget *user_field, *secret, *repeat, *spinner, *back, *stop, *next;
};

static const char *text(int key) {
  return dialog_text(key, g_str_has_prefix(g_get_language_names()[0], "de") ? LANGUAGE_GERMAN : LANGUAGE_ENGLISH);
}

/* A compiler may leave out a memset() of memory that is freed next. */
static void wipe_and_free(char *secret) {
  volatile char *byte = secret;
  while (byte && *byte) *byte++ = '\0';
  free(secret);
}

static void run(GTask *task, gpointer source, gpointer data, GCancellable *unused) {
  struct dialog *self = data;
  (void)source, (void)unused;
  g_task_return_pointer(task, step_call(self->step, self->client, self->user, self->entry, self->token, self->cancel,
                                        &self->changes_things), (GDestroyNotify)asr_result_free);
}

static void connect_ahead(GTask *task, gpointer source, gpointer data, GCancellable *unused) {
  struct dialog *self = data;
  (void)source, (void)unused;
  /* A failure here recurs in the first call, which reports it. */
  asr_result_free(asr_client_connect(self->client, self->closing));
  g_task_return_pointer(task, NULL, NULL);
}

static GtkWidget *field_of(struct dialog *self) { return self->step == STEP_USER ? self->user_field : self->secret; }

static void refresh(struct dialog *self) {
  gboolean busy = self->cancel != NULL;
  gboolean filled = *gtk_editable_get_text(GTK_EDITABLE(field_of(self))) &&
                    (self->step != STEP_PASSWORD || *gtk_editable_get_text(GTK_EDITABLE(self->repeat)));
  gtk_editable_set_editable(GTK_EDITABLE(field_of(self)), !busy);
  gtk_editable_set_editable(GTK_EDITABLE(self->repeat), !busy);
  gtk_spinner_set_spinning(GTK_SPINNER(self->spinner), busy);
  gtk_widget_set_sensitive(self->back, !busy);
  gtk_widget_set_sensitive(self->next, self->step == STEP_DONE || (filled && !busy && !self->countdown));
}

static void tell(struct dialog *self, const char *message) {
  gtk_label_set_text(self->message, message);
  gtk_accessible_update_property(GTK_ACCESSIBLE(field_of(self)), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, message, -1);
}

static gboolean count_down(gpointer dialog) {
  struct dialog *self = dialog;
  gint64 left = self->wait_until - g_get_monotonic_time();
  char *countdown = left > 0 ? g_strdup_printf(text(TEXT_WAIT), (unsigned)(left / G_USEC_PER_SEC + 1)) : NULL;
  tell(self, countdown ? countdown : text(TEXT_WAITED));
  g_free(countdown);
  if (left > 0) return G_SOURCE_CONTINUE;
  self->countdown = 0;
  return refresh(self), G_SOURCE_REMOVE;
}

static void enter(struct dialog *self, enum step step) {
  gboolean secret = step != STEP_USER && step != STEP_DONE;
  self->step = step;
  gtk_label_set_text(self->heading, text(TEXT_HEADING + step));
  gtk_label_set_text(self->body, step == STEP_ANSWER ? self->question : text(TEXT_BODY + step));
  if (step != STEP_DONE) gtk_label_set_text(self->label, text(TEXT_LABEL + step));
  gtk_button_set_label(GTK_BUTTON(self->next), text(step == STEP_DONE ? TEXT_CLOSE : TEXT_NEXT));
  gtk_widget_set_visible(GTK_WIDGET(self->label), step != STEP_DONE);
  gtk_widget_set_visible(GTK_WIDGET(self->repeat_label), step == STEP_PASSWORD);
  gtk_widget_set_visible(self->user_field, step == STEP_USER);
  gtk_widget_set_visible(self->secret, secret);
  gtk_widget_set_visible(self->repeat, step == STEP_PASSWORD);
  gtk_widget_set_visible(self->back, secret);
  gtk_widget_set_visible(self->stop, step != STEP_DONE);
  for (int i = 0; i < 2; i++) gtk_editable_set_text(GTK_EDITABLE(i ? self->repeat : self->secret), "");
  tell(self, "");
  if (self->countdown) count_down(self);
  refresh(self);
  gtk_widget_grab_focus(step == STEP_DONE ? self->next : field_of(self));
}

static void fail(struct dialog *self, const asr_result *failure) {
  const struct verdict verdict = step_failed(self->step, failure, self->changes_things);
  if (verdict.step != self->step) enter(self, verdict.step);
  gtk_button_set_label(GTK_BUTTON(self->next), text(verdict.button));
  if (verdict.message == TEXT_WAIT) {
    self->wait_until = g_get_monotonic_time() + failure->retry_after_s * G_USEC_PER_SEC;
    self->countdown = g_timeout_add_seconds(1, count_down, self);
    count_down(self);
  } else {
    tell(self, verdict.message ? text(verdict.message) : failure->message);
  }
  refresh(self);
  gtk_widget_grab_focus(field_of(self)); /* which selects all of its text */
}

static void finish(GObject *source, GAsyncResult *task, gpointer dialog) {
  struct dialog *self = dialog;
  asr_result *result = g_task_propagate_pointer(G_TASK(task), NULL);
  (void)source;
  g_application_release(g_application_get_default());
  if (!result) return; /* the connection that was made ahead */
  g_clear_pointer(&self->cancel, asr_cancel_free);
  g_clear_pointer(&self->entry, wipe_and_free);
  if (ASR_FAILED(result->code)) {
    g_info("%s", asr_result_details(result)); /* for support; it holds no secret */
    if (self->window) fail(self, result);
  } else if (self->window) {
    if (self->step == STEP_USER) g_free(self->question), self->question = g_strdup(result->question);
    if (self->step == STEP_CODE) wipe_and_free(self->token), self->token = g_strdup(result->token);
    enter(self, self->step == STEP_USER && !self->question ? STEP_CODE : self->step + 1);
  }
  asr_result_free(result);
}

static void start(struct dialog *self, GTaskThreadFunc work) {
  GTask *task = g_task_new(NULL, NULL, finish, self);
  g_task_set_task_data(task, self, NULL);
  g_application_hold(g_application_get_default());
  g_task_run_in_thread(task, work);
  g_object_unref(task);
}

static void go_on(struct dialog *self) {
  const char *entry = gtk_editable_get_text(GTK_EDITABLE(field_of(self)));
  if (self->step == STEP_DONE) return gtk_window_close(self->window);
  if (self->step == STEP_PASSWORD && strcmp(entry, gtk_editable_get_text(GTK_EDITABLE(self->repeat))) != 0)
    return tell(self, text(TEXT_MISMATCH)), (void)gtk_widget_grab_focus(self->secret);
  if (self->step == STEP_USER) g_free(self->user), self->user = g_strdup(entry);
  tell(self, "");
  gtk_button_set_label(GTK_BUTTON(self->next), text(TEXT_NEXT));
  self->cancel = asr_cancel_new();
  refresh(self);
  self->entry = g_strdup(entry);
  start(self, run);
}

static void go_back(struct dialog *self) {
  enter(self, step_back(self->step, self->question != NULL));
}

/* Esc and the button: ends the call, or else the dialog. */
static void stop(struct dialog *self) {
  if (self->cancel) asr_cancel_trigger(self->cancel);
  else gtk_window_close(self->window);
}

static gboolean escape(GtkWidget *window, GVariant *arguments, gpointer dialog) {
  (void)window, (void)arguments;
  return stop(dialog), TRUE;
}

static gboolean close_requested(struct dialog *self) {
  self->window = NULL;
  asr_cancel_trigger(self->closing);
  asr_cancel_trigger(self->cancel);
  g_clear_handle_id(&self->countdown, g_source_remove);
  return FALSE;
}

static GtkLabel *add_label(GtkWidget *box, const char *style, const char *content) {
  GtkWidget *label = g_object_new(GTK_TYPE_LABEL, "label", content ? content : "", "xalign", 0.0, "yalign", 0.0, "wrap", TRUE, NULL);
  if (style) gtk_widget_add_css_class(label, style);
  gtk_box_append(GTK_BOX(box), label);
  return GTK_LABEL(label);
}

static GtkWidget *add_field(struct dialog *self, GtkWidget *box, GtkWidget *field, GtkLabel *label) {
  g_object_set(field, "activates-default", TRUE, NULL);
  gtk_accessible_update_relation(GTK_ACCESSIBLE(field), GTK_ACCESSIBLE_RELATION_LABELLED_BY, label, NULL, -1);
  g_signal_connect_swapped(field, "changed", G_CALLBACK(refresh), self);
  gtk_box_append(GTK_BOX(box), field);
  return field;
}

static GtkWidget *add_button(struct dialog *self, GtkWidget *box, int key, GCallback clicked) {
  GtkWidget *button = gtk_button_new_with_label(text(key));
  g_signal_connect_swapped(button, "clicked", clicked, self);
  gtk_box_append(GTK_BOX(box), button);
  return button;
}

static void activate(GtkApplication *application, gpointer dialog) {
  struct dialog *self = dialog;
  GtkWidget *column = gtk_box_new(GTK_ORIENTATION_VERTICAL, 8), *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8);
  GtkEventController *keys = gtk_shortcut_controller_new();
  g_object_set(column, "margin-top", 20, "margin-bottom", 20, "margin-start", 24, "margin-end", 24, NULL);
  self->heading = add_label(column, "title-2", NULL);
  self->body = add_label(column, NULL, NULL);
  self->label = add_label(column, NULL, NULL);
  self->user_field = add_field(self, column, gtk_entry_new(), self->label);
  self->secret = add_field(self, column, g_object_new(GTK_TYPE_PASSWORD_ENTRY, "show-peek-icon", TRUE, NULL), self->label);
  self->repeat_label = add_label(column, NULL, text(TEXT_LABEL_REPEAT));
  self->repeat = add_field(self, column, g_object_new(GTK_TYPE_PASSWORD_ENTRY, "show-peek-icon", TRUE, NULL), self->repeat_label);
  self->message = add_label(column, "error", NULL);
  gtk_widget_set_vexpand(GTK_WIDGET(self->message), TRUE);
  gtk_box_append(GTK_BOX(column), row);
  self->back = add_button(self, row, TEXT_BACK, G_CALLBACK(go_back));
  self->spinner = g_object_new(GTK_TYPE_SPINNER, "hexpand", TRUE, "halign", GTK_ALIGN_END, NULL);
  gtk_accessible_update_property(GTK_ACCESSIBLE(self->spinner), GTK_ACCESSIBLE_PROPERTY_LABEL, text(TEXT_BUSY), -1);
  gtk_box_append(GTK_BOX(row), self->spinner);
  self->stop = add_button(self, row, TEXT_CANCEL, G_CALLBACK(stop));
  self->next = add_button(self, row, TEXT_NEXT, G_CALLBACK(go_on));
  gtk_widget_add_css_class(self->next, "suggested-action");
  self->window = g_object_new(GTK_TYPE_WINDOW, "application", application, "title", text(TEXT_TITLE), "child", column,
                              "default-width", 460, "default-height", 340, "default-widget", self->next, NULL);
  gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
    gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0), gtk_callback_action_new(escape, self, NULL)));
  gtk_widget_add_controller(GTK_WIDGET(self->window), keys);
  g_signal_connect_swapped(self->window, "close-request", G_CALLBACK(close_requested), self);
  start(self, connect_ahead); /* while the user types */
  enter(self, STEP_USER);
  gtk_window_present(self->window);
}

int main(int argc, char **argv) {
  asr_config *config = asr_config_new(g_getenv("AUTOSHARES_BASE_URL"), g_getenv("AUTOSHARES_APP_KEY"));
  asr_result *error;
  struct dialog self = {.client = asr_client_new(config, &error), .closing = asr_cancel_new()};
  GtkApplication *application = gtk_application_new(NULL, G_APPLICATION_NON_UNIQUE);
  asr_config_free(config);
  if (!self.client) g_error("%s", error->message);
  g_signal_connect(application, "activate", G_CALLBACK(activate), &self);
  g_application_run(G_APPLICATION(application), argc, argv);
  g_object_unref(application);
  asr_client_free(self.client);
  asr_cancel_free(self.closing);
  g_free(self.user), g_free(self.question), wipe_and_free(self.token);
  return self.step == STEP_DONE ? 0 : 1;
}
