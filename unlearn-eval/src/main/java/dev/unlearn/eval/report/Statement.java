package dev.unlearn.eval.report;

/**
 * A sentence or two of the verdict.
 *
 * @param text whole sentences
 * @param tone how to take them
 */
record Statement(String text, Tone tone) {}
