package dev.unlearn.journal;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import java.util.List;

/**
 * HMAC-SHA-256 over data, so that a later run can tell whether its data are the same. Keyed,
 * because short personal data could be guessed from a plain hash. Every part is preceded by its
 * length, so no two data have one encoding.
 */
public final class Fingerprints {
  private final byte[] key;

  private Fingerprints(byte[] key) {
    this.key = key;
  }

  /**
   * Returns fingerprints under a key.
   *
   * @throws IllegalArgumentException if the key is empty
   */
  public static Fingerprints under(byte[] key) {
    checkArgument(key.length > 0, "key must not be empty");
    return new Fingerprints(key.clone());
  }

  /**
   * Returns the hex digits for a forget set: ids, prompt lengths, domains and alternatives, not
   * names.
   *
   * @param label sets data of one kind apart from the same data of another
   */
  public String of(String label, ForgetSet set) {
    Hasher hasher = begin(label, "set");
    put(hasher, set.sequences());
    hasher.putInt(set.alternatives().size());
    set.alternatives().forEach(alternatives -> put(hasher, alternatives));
    return hasher.hash().toString();
  }

  /**
   * Returns the hex digits for a corpus: its texts, or its sequences as of a forget set.
   *
   * @param label sets data of one kind apart from the same data of another
   */
  public String of(String label, Corpus corpus) {
    Hasher hasher = begin(label, "corpus");
    hasher.putInt(corpus.texts().size());
    corpus.texts().forEach(text -> put(hasher, text));
    put(hasher, corpus.sequences());
    return hasher.hash().toString();
  }

  private Hasher begin(String label, String kind) {
    Hasher hasher = Hashing.hmacSha256(key).newHasher();
    put(hasher, kind);
    put(hasher, label);
    return hasher;
  }

  private static void put(Hasher hasher, List<TokenSequence> sequences) {
    hasher.putInt(sequences.size());
    for (TokenSequence sequence : sequences) {
      hasher.putInt(sequence.length()).putInt(sequence.promptLength());
      for (int position = 0; position < sequence.length(); position++) {
        hasher.putInt(sequence.id(position));
      }
      hasher.putBoolean(sequence.domain().isPresent());
      sequence.domain().ifPresent(domain -> put(hasher, domain));
    }
  }

  private static void put(Hasher hasher, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    hasher.putInt(bytes.length).putBytes(bytes);
  }
}
