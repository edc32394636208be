#include <autoshares_reset.h>
#include <stdio.h>

int main(void) { return puts(asr_version()) < 0; }
