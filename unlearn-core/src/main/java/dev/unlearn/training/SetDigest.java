package dev.unlearn.training;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;

/**
 * HMAC-SHA-256 over the ids, lengths and prompt lengths of a forget set. Keyed, because short
 * personal data could be guessed from a plain hash.
 */
final class SetDigest {
  private SetDigest() {}

  static String of(ForgetSet set, byte[] key) {
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
