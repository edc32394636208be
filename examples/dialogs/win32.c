/* The dialog "Forgot your password?" for Windows 10 and newer. In a release's archive, in this folder:
 *
 *     x86_64-w64-mingw32-gcc -mwindows win32.c -o win32.exe -lcomctl32 $(pkg-config --cflags --libs autoshares_reset)
 *
 * Its manifest and autoshares_reset.dll belong beside it. Base URL and app key come from
 * AUTOSHARES_BASE_URL and AUTOSHARES_APP_KEY here; put in yours. */
#define _WIN32_WINNT 0x0A00
#include "steps.h"
#include <windows.h>
#include <commctrl.h>
#include <process.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

enum { WM_FINISHED = WM_APP + 1, NEXT = IDOK, CANCEL = IDCANCEL, BACK = 10 };
enum { HEADING = 11, BODY, LABEL, FIELD, REPEAT_LABEL, REPEAT, SHOW, MESSAGE, BUSY };

/* In the order of the Tab key; a label stands before its field, which ties the two for screen readers.
 * Sizes are those at 96 dpi. */
static const struct control { int id; const wchar_t *class; DWORD style; int text, x, y, width, height; } controls[] = {
  {HEADING, L"STATIC", SS_NOPREFIX, TEXT_HEADING, 20, 16, 400, 28},
  {BODY, L"STATIC", SS_NOPREFIX, TEXT_BODY, 20, 52, 400, 36},
  {LABEL, L"STATIC", SS_NOPREFIX, TEXT_LABEL, 20, 94, 400, 17},
  {FIELD, L"EDIT", WS_TABSTOP | ES_AUTOHSCROLL, 0, 20, 112, 400, 22},
  {REPEAT_LABEL, L"STATIC", SS_NOPREFIX, TEXT_LABEL_REPEAT, 20, 144, 400, 17},
  {REPEAT, L"EDIT", WS_TABSTOP | ES_AUTOHSCROLL, 0, 20, 162, 400, 22},
  {SHOW, L"BUTTON", WS_TABSTOP | BS_AUTOCHECKBOX, TEXT_SHOW, 20, 144, 400, 20},
  {MESSAGE, L"STATIC", SS_NOPREFIX, 0, 20, 172, 400, 36},
  {BUSY, PROGRESS_CLASSW, PBS_MARQUEE, 0, 20, 266, 400, 4},
  {BACK, L"BUTTON", WS_TABSTOP, TEXT_BACK, 20, 282, 92, 27},
  {NEXT, L"BUTTON", WS_TABSTOP | BS_DEFPUSHBUTTON, TEXT_NEXT, 228, 282, 92, 27},
  {CANCEL, L"BUTTON", WS_TABSTOP, TEXT_CANCEL, 328, 282, 92, 27},
};
enum { CONTROLS = sizeof controls / sizeof controls[0], WIDTH = 440, HEIGHT = 324, SECOND_FIELD = 50 };
enum { LONGEST = 1000, BYTES = 3 * LONGEST + 1 };

/* The only dialog. A running call's data does not change. */
static struct {
  HWND window;
  HFONT font, heading_font;
  HANDLE ahead, worker; /* threads */
  asr_client *client;
  asr_cancel *closing, *cancel; /* for the connection that is made ahead; for a call, while it runs */
  asr_result *result, *asked, *confirmed; /* of the call; with the question; with the token */
  enum step step;
  int changes_things;
  char user[BYTES], entry[BYTES];
  ULONGLONG wait_until;
} self;

static const char *text(int key) {
  return dialog_text(key, PRIMARYLANGID(GetUserDefaultUILanguage()) == LANG_GERMAN ? LANGUAGE_GERMAN : LANGUAGE_ENGLISH);
}

static const char *question(void) { return self.asked ? self.asked->question : NULL; }
static HWND control(int id) { return GetDlgItem(self.window, id); }
static void focus(int id) { SendMessageW(self.window, WM_NEXTDLGCTL, (WPARAM)control(id), TRUE); }

static void write_text(int id, const char *utf8) {
  int units = MultiByteToWideChar(CP_UTF8, 0, utf8, -1, NULL, 0);
  wchar_t *wide = calloc((size_t)units + 1, sizeof *wide);
  if (wide && MultiByteToWideChar(CP_UTF8, 0, utf8, -1, wide, units)) SetWindowTextW(id ? control(id) : self.window, wide);
  free(wide);
}

/* A field takes no more than LONGEST units, each of which is at most three bytes in UTF-8. */
static void read_text(int id, char utf8[BYTES]) {
  wchar_t wide[LONGEST + 1];
  GetWindowTextW(control(id), wide, LONGEST + 1);
  WideCharToMultiByte(CP_UTF8, 0, wide, -1, utf8, BYTES, NULL, NULL);
  SecureZeroMemory(wide, sizeof wide);
}

static unsigned __stdcall run(void *ahead) {
  const char *token = self.confirmed ? self.confirmed->token : NULL;
  /* A failure there recurs in the first call, which reports it. */
  if (ahead) return asr_result_free(asr_client_connect(self.client, self.closing)), 0;
  self.result = step_call(self.step, self.client, self.user, self.entry, token, self.cancel, &self.changes_things);
  return !PostMessageW(self.window, WM_FINISHED, 0, 0);
}

static void join(HANDLE *thread) {
  WaitForSingleObject(*thread, INFINITE); /* none: nothing to wait for */
  CloseHandle(*thread), *thread = NULL;
}

static void place(void) {
  UINT dpi = GetDpiForWindow(self.window);
  NONCLIENTMETRICSW metrics = {.cbSize = sizeof metrics};
  int i, lower = self.step == STEP_PASSWORD ? SECOND_FIELD : 0;
  SystemParametersInfoForDpi(SPI_GETNONCLIENTMETRICS, sizeof metrics, &metrics, 0, dpi);
  DeleteObject(self.font), DeleteObject(self.heading_font);
  self.font = CreateFontIndirectW(&metrics.lfMessageFont);
  metrics.lfMessageFont.lfHeight = metrics.lfMessageFont.lfHeight * 3 / 2, metrics.lfMessageFont.lfWeight = FW_BOLD;
  self.heading_font = CreateFontIndirectW(&metrics.lfMessageFont);
  for (i = 0; i < CONTROLS; i++) {
    const struct control *c = &controls[i];
    int x = c->id == NEXT && self.step == STEP_DONE ? 328 : c->x, y = c->id == SHOW || c->id == MESSAGE ? c->y + lower : c->y;
    MoveWindow(control(c->id), MulDiv(x, dpi, 96), MulDiv(y, dpi, 96), MulDiv(c->width, dpi, 96), MulDiv(c->height, dpi, 96), TRUE);
    SendMessageW(control(c->id), WM_SETFONT, (WPARAM)(c->id == HEADING ? self.heading_font : self.font), TRUE);
  }
}

static void refresh(void) {
  int busy = self.cancel != NULL, waits = self.wait_until != 0, i;
  int shown = self.step == STEP_USER || IsDlgButtonChecked(self.window, SHOW);
  int filled = GetWindowTextLengthW(control(FIELD)) && (self.step != STEP_PASSWORD || GetWindowTextLengthW(control(REPEAT)));
  for (i = FIELD; i <= REPEAT; i += REPEAT - FIELD) {
    SendMessageW(control(i), EM_SETPASSWORDCHAR, shown ? 0 : L'\x25CF', 0);
    SendMessageW(control(i), EM_SETREADONLY, busy, 0);
    InvalidateRect(control(i), NULL, TRUE);
  }
  SendMessageW(control(BUSY), PBM_SETMARQUEE, busy, 30), ShowWindow(control(BUSY), busy ? SW_SHOW : SW_HIDE);
  EnableWindow(control(BACK), !busy);
  EnableWindow(control(NEXT), self.step == STEP_DONE || (filled && !busy && !waits));
}

static void count_down(void) {
  ULONGLONG now = GetTickCount64();
  char countdown[256];
  snprintf(countdown, sizeof countdown, text(TEXT_WAIT), (unsigned)((self.wait_until - now + 999) / 1000));
  if (self.wait_until > now) return write_text(MESSAGE, countdown);
  KillTimer(self.window, 1), self.wait_until = 0;
  write_text(MESSAGE, text(TEXT_WAITED)), refresh();
}

static void enter(enum step step) {
  self.step = step;
  write_text(HEADING, text(TEXT_HEADING + step));
  write_text(BODY, step == STEP_ANSWER ? question() : text(TEXT_BODY + step));
  write_text(LABEL, step == STEP_DONE ? "" : text(TEXT_LABEL + step));
  write_text(NEXT, text(step == STEP_DONE ? TEXT_CLOSE : TEXT_NEXT));
  write_text(FIELD, step == STEP_USER ? self.user : "");
  write_text(REPEAT, "");
  CheckDlgButton(self.window, SHOW, BST_UNCHECKED);
  for (int i = 0; i < CONTROLS; i++) {
    int id = controls[i].id, there = step != STEP_DONE || id == NEXT || id == HEADING || id == BODY;
    if (id == REPEAT || id == REPEAT_LABEL) there = step == STEP_PASSWORD;
    if (id == SHOW || id == BACK) there = step != STEP_USER && step != STEP_DONE;
    ShowWindow(control(id), there ? SW_SHOW : SW_HIDE);
  }
  place();
  write_text(MESSAGE, "");
  if (self.wait_until) count_down();
  refresh();
  focus(step == STEP_DONE ? NEXT : FIELD);
}

static void finish(void) {
  asr_result *result = self.result;
  const struct verdict verdict = step_failed(self.step, result, self.changes_things);
  join(&self.worker), self.result = NULL;
  asr_cancel_free(self.cancel), self.cancel = NULL;
  SecureZeroMemory(self.entry, sizeof self.entry);
  if (!ASR_FAILED(result->code)) {
    asr_result **kept = self.step == STEP_USER ? &self.asked : self.step == STEP_CODE ? &self.confirmed : &self.result;
    asr_result_free(*kept), *kept = result;
    return enter(self.step == STEP_USER && !question() ? STEP_CODE : self.step + 1);
  }
  OutputDebugStringA(asr_result_details(result)); /* for support; it holds no secret */
  if (verdict.step != self.step) enter(verdict.step);
  write_text(NEXT, text(verdict.button));
  if (verdict.message != TEXT_WAIT) {
    write_text(MESSAGE, verdict.message ? text(verdict.message) : result->message);
  } else {
    self.wait_until = GetTickCount64() + result->retry_after_s * 1000ULL;
    SetTimer(self.window, 1, 1000, NULL), count_down();
  }
  asr_result_free(result);
  refresh(), focus(FIELD);
}

static void go_on(void) {
  char repeated[BYTES];
  if (self.step == STEP_DONE) return (void)EndDialog(self.window, 0);
  read_text(FIELD, self.step == STEP_USER ? self.user : self.entry);
  read_text(REPEAT, repeated);
  if (self.step == STEP_PASSWORD && strcmp(self.entry, repeated) != 0) {
    write_text(MESSAGE, text(TEXT_MISMATCH)), focus(FIELD);
  } else {
    write_text(MESSAGE, ""), write_text(NEXT, text(TEXT_NEXT));
    self.cancel = asr_cancel_new();
    refresh();
    self.worker = (HANDLE)_beginthreadex(NULL, 0, run, NULL, 0, NULL);
    if (!self.worker) FatalAppExitW(0, L"This system has no thread to spare.");
  }
  SecureZeroMemory(repeated, sizeof repeated);
}

static void build(HWND window) {
  RECT size = {0, 0, MulDiv(WIDTH, GetDpiForWindow(window), 96), MulDiv(HEIGHT, GetDpiForWindow(window), 96)};
  self.window = window;
  for (int i = 0; i < CONTROLS; i++) {
    const struct control *c = &controls[i];
    CreateWindowExW(wcscmp(c->class, L"EDIT") ? 0 : WS_EX_CLIENTEDGE, c->class, L"", c->style | WS_CHILD, 0, 0, 0, 0, window,
                    (HMENU)(INT_PTR)c->id, NULL, NULL);
    if (c->text) write_text(c->id, text(c->text));
    SendMessageW(control(c->id), EM_SETLIMITTEXT, LONGEST, 0);
  }
  write_text(0, text(TEXT_TITLE));
  AdjustWindowRectExForDpi(&size, (DWORD)GetWindowLongW(window, GWL_STYLE), FALSE, 0, GetDpiForWindow(window));
  SetWindowPos(window, NULL, 0, 0, size.right - size.left, size.bottom - size.top, SWP_NOMOVE | SWP_NOZORDER);
  enter(STEP_USER);
  self.ahead = (HANDLE)_beginthreadex(NULL, 0, run, &self, 0, NULL); /* while the user types */
}

static INT_PTR CALLBACK handle(HWND window, UINT message, WPARAM w, LPARAM l) {
  switch (message) {
  case WM_INITDIALOG: build(window); return FALSE; /* the focus is set */
  case WM_FINISHED: finish(); return TRUE;
  case WM_TIMER: count_down(); return TRUE;
  case WM_DPICHANGED: return place(), TRUE;
  case WM_CLOSE: EndDialog(window, 1); return TRUE;
  case WM_CTLCOLORSTATIC:
    if ((HWND)l != control(MESSAGE)) return FALSE;
    SetTextColor((HDC)w, RGB(0xc6, 0x28, 0x28)), SetBkMode((HDC)w, TRANSPARENT);
    return (INT_PTR)GetSysColorBrush(COLOR_3DFACE);
  case WM_COMMAND: /* Windows maps Enter to NEXT and Esc to CANCEL */
    if (LOWORD(w) == SHOW || HIWORD(w) == EN_CHANGE) refresh();
    else if (LOWORD(w) == NEXT && IsWindowEnabled(control(NEXT))) go_on();
    else if (LOWORD(w) == BACK) enter(step_back(self.step, question() != NULL));
    else if (LOWORD(w) == CANCEL && self.cancel) asr_cancel_trigger(self.cancel);
    else if (LOWORD(w) == CANCEL) EndDialog(window, 1);
    return TRUE;
  }
  return FALSE;
}

int main(void) {
  const struct { DLGTEMPLATE dialog; WORD menu, class, title; } empty = {
    {DS_CENTER | DS_MODALFRAME | WS_POPUP | WS_CAPTION | WS_SYSMENU, 0, 0, 0, 0, 220, 162}, 0, 0, 0};
  const INITCOMMONCONTROLSEX classes = {sizeof classes, ICC_PROGRESS_CLASS | ICC_STANDARD_CLASSES};
  asr_config *config = asr_config_new(getenv("AUTOSHARES_BASE_URL"), getenv("AUTOSHARES_APP_KEY"));
  asr_result *error;
  self.client = asr_client_new(config, &error);
  asr_config_free(config);
  if (!self.client) FatalAppExitA(0, error->message);
  self.closing = asr_cancel_new();
  InitCommonControlsEx(&classes);
  const INT_PTR status = DialogBoxIndirectParamW(GetModuleHandleW(NULL), &empty.dialog, NULL, handle, 0);
  asr_cancel_trigger(self.closing), asr_cancel_trigger(self.cancel);
  join(&self.worker), join(&self.ahead); /* the library's objects must outlive the calls */
  asr_result_free(self.result), asr_result_free(self.asked), asr_result_free(self.confirmed);
  asr_cancel_free(self.closing), asr_cancel_free(self.cancel);
  asr_client_free(self.client);
  SecureZeroMemory(&self, sizeof self);
  return (int)status;
}
