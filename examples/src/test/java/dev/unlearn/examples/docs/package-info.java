/**
 * The code that the documentation shows, a class for each page, and tests that pages, code and
 * links fit together.
 */
@NullMarked
package dev.unlearn.examples.docs;

import org.jspecify.annotations.NullMarked;
