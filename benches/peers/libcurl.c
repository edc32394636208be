/* A client written with libcurl and cJSON, as a program would write it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

#include "peer.h"

const bool peer_is_shared = false; /* a handle is for one thread at a time */
bool (*const peer_connect)(void *client) = NULL;
void (*const peer_idle)(void *client) = NULL;

struct text {
  char *bytes;
  size_t length;
};

struct client {
  CURL *curl;
  struct curl_slist *headers;
  const struct target *target;
};

static size_t append(char *bytes, size_t size, size_t count, void *where) {
  struct text *text = where;
  size_t more = size * count;
  char *grown = realloc(text->bytes, text->length + more + 1);
  if (!grown) return 0;
  memcpy(grown + text->length, bytes, more);
  text->bytes = grown;
  text->length += more;
  grown[text->length] = '\0';
  return more;
}

void *peer_open(const struct target *target) {
  struct client *client = calloc(1, sizeof *client);
  char key[512];
  if (!client || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return NULL;
  snprintf(key, sizeof key, "Et-App-Key: %s", target->app_key);
  client->target = target;
  client->headers = curl_slist_append(NULL, key);
  client->headers = curl_slist_append(client->headers, "Accept: application/json");
  client->curl = curl_easy_init();
  curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
  curl_easy_setopt(client->curl, CURLOPT_USERAGENT, "peer/1.0");
  curl_easy_setopt(client->curl, CURLOPT_CAINFO, target->ca_file);
  curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, 30000L);
  curl_easy_setopt(client->curl, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
  curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, append);
  return client;
}

bool peer_ask(void *opened) {
  struct client *client = opened;
  struct text response = {0};
  char url[1024];
  char *username = curl_easy_escape(client->curl, client->target->username, 0);
  if (!username) return false;
  snprintf(url, sizeof url, "%s/v1.0/users/password/secret-question?username=%s", client->target->base_url, username);
  curl_free(username);
  curl_easy_setopt(client->curl, CURLOPT_URL, url);
  curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, &response);
  long status = 0;
  CURLcode code = curl_easy_perform(client->curl);
  curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK || status != 200) {
    fprintf(stderr, "%s, HTTP %ld\n", curl_easy_strerror(code), status);
    free(response.bytes);
    return false;
  }
  cJSON *envelope = cJSON_ParseWithLength(response.bytes, response.length);
  const cJSON *question = cJSON_GetObjectItemCaseSensitive(envelope, "Model");
  bool came = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(envelope, "IsSucceed")) && cJSON_IsString(question);
  char *copy = came ? strdup(question->valuestring) : NULL;
  came = copy && copy[0] != '\0';
  free(copy);
  cJSON_Delete(envelope);
  free(response.bytes);
  return came;
}

void peer_close(void *opened) {
  struct client *client = opened;
  curl_easy_cleanup(client->curl);
  curl_slist_free_all(client->headers);
  free(client);
  curl_global_cleanup();
}
