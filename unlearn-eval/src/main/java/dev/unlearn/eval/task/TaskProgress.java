package dev.unlearn.eval.task;

/**
 * How far a suite is.
 *
 * @param title the task being done, for readers
 * @param taskNumber which one that is, from 1
 * @param taskCount how many there are
 * @param doneItems items of it that are scored, those from the cache included
 * @param totalItems all items of it
 */
public record TaskProgress(
    String title, int taskNumber, int taskCount, int doneItems, int totalItems) {}
