package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;

/**
 * HMAC-SHA-256 over the ids, lengths and prompt lengths of a forget set. Keyed, because short
 * personal data could be guessed from a plain hash.
 */
final class SetDigest {
  private static final int MIN_KEY_BYTES = 16;

  private SetDigest() {}

  static String of(ForgetSet set, byte[] key) {
    checkArgument(
        key.length >= MIN_KEY_BYTES,
        "digestKey must have at least %s bytes, but had: %s",
        MIN_KEY_BYTES,
        key.length);
    Hasher hasher = Hashing.hmacSha256(key).newHasher();
    for (TokenSequence sequence : set.sequences()) {
      hasher.putInt(sequence.length()).putInt(sequence.promptLength());
      for (int position = 0; position < sequence.length(); position++) {
        hasher.putInt(sequence.id(position));
      }
    }
    return hasher.hash().toString();
  }
}
