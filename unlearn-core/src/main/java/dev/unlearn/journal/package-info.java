/**
 * What a run leaves on disk so that it can go on after a crash: a {@link
 * dev.unlearn.journal.WorkDirectory} that one run at a time uses, the {@link
 * dev.unlearn.journal.Journal} of its epochs in it, and the arrays after the last of them.
 *
 * <p>Nothing here holds a text, a token id or a plain hash of one. Everything is checked by
 * HMAC-SHA-256 under a key of the caller's before it is used. Not API; may change at any time.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.journal;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
