package dev.unlearn.journal;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.regex.Pattern;

/**
 * A file of arrays that a line of the journal names.
 *
 * @param name in the work directory
 * @param mac hex of HMAC-SHA-256 over its bytes
 */
record StateReference(String name, String mac) {
  private static final Pattern NAME = Pattern.compile("(state|best)-\\d+\\.safetensors");

  /** Checks that the name leads nowhere else, as the file is deleted in the end. */
  StateReference {
    checkArgument(NAME.matcher(name).matches(), "must name a file of arrays, but was: %s", name);
  }
}
