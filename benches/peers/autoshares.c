/* This library. */
#include <stdio.h>
#include <stdlib.h>

#include <autoshares_reset.h>

#include "peer.h"

const bool peer_is_shared = true;

static const char *username;

void *peer_open(const struct target *target) {
  username = target->username;
  asr_config *config = asr_config_new(target->base_url, target->app_key);
  asr_config_set_allow_http(config, 1);
  asr_result *error = NULL;
  asr_client *client = asr_client_new(config, &error);
  asr_config_free(config);
  if (error) fprintf(stderr, "%s\n", error->message);
  asr_result_free(error);
  return client;
}

bool peer_ask(void *client) {
  asr_result *result = asr_secret_question(client, username, NULL);
  bool came = result->code == ASR_OK && result->question[0] != '\0';
  if (!came) fprintf(stderr, "%s: %s\n", asr_code_name(result->code), result->message);
  asr_result_free(result);
  return came;
}

static bool connect_ahead(void *client) {
  asr_result *result = asr_client_connect(client, NULL);
  bool is_ready = result->code == ASR_OK;
  asr_result_free(result);
  return is_ready;
}

bool (*const peer_connect)(void *client) = connect_ahead;

void peer_close(void *client) {
  asr_client_free(client);
}

/* The library refuses the argument, so this measures the C layer alone: text in, result out, freed. */
static void refused(void *client) {
  asr_result *result = asr_secret_question(client, "", NULL);
  if (result->code != ASR_INVALID_ARGUMENT) abort();
  asr_result_free(result);
}

void (*const peer_idle)(void *client) = refused;
