package dev.unlearn.training;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.SplittableRandom;

/** Random numbers that depend on given numbers only; neighboring ones have nothing in common. */
final class Draws {
  private Draws() {}

  static SplittableRandom random(String what, long... numbers) {
    Hasher hasher = Hashing.murmur3_128().newHasher().putUnencodedChars(what);
    for (long number : numbers) {
      hasher.putLong(number);
    }
    return new SplittableRandom(hasher.hash().asLong());
  }
}
