/* A library that has nothing to do with this package. */
int something_else(void) { return 0; }
