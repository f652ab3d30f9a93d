/*
 * Counted words in sentences that are put together from numbers.
 */
#ifndef WORDS_H
#define WORDS_H

/*
 * Where a text says "1 banks" make it "1 bank", in place: for every counted noun of
 * the planner's sentences.  Verbs stay as they are; sentences are written so that
 * none depends on a number.
 */
void words_singular(char *text);

#endif
