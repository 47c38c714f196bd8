/**
 * Continuing sequences token by token: many rows at once, over keys and values that are kept.
 *
 * <p>A {@link dev.unlearn.model.generation.DecodableNetwork} reads {@link
 * dev.unlearn.model.generation.Prefixes} once and lets {@link
 * dev.unlearn.model.generation.Branches} go on from them, several from one if need be. Not API; may
 * change at any time.
 */
@NullMarked
package dev.unlearn.model.generation;

import org.jspecify.annotations.NullMarked;
