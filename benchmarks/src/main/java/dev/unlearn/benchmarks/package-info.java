/**
 * Measurements of speed and memory; not published. JMH fills in fields, so none is null-checked.
 */
package dev.unlearn.benchmarks;
