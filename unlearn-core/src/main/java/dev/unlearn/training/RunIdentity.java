package dev.unlearn.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hashing;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.internal.Torch;
import dev.unlearn.journal.Fingerprints;
import dev.unlearn.journal.JournalHeader;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What makes two runs the same: recipe, model, data, and what computes. Data are known by keyed
 * fingerprints. Without the caller's key they are keyed by the digest of the model's weights: who
 * has those can ask the model itself.
 */
final class RunIdentity {
  private final byte[] key;
  private final Map<String, String> settings;
  private final Map<String, String> versions = new LinkedHashMap<>(Versions.all());
  private final Map<String, String> fingerprints = new LinkedHashMap<>();

  /**
   * Describes a run.
   *
   * @param weights what tells the model's weights apart, frozen ones included
   */
  RunIdentity(Recipe recipe, ForgetSet set, RunSetup setup, String device, String weights) {
    key = setup.digestKey().map(SecretKey::bytes).orElseGet(() -> weights.getBytes(UTF_8));
    settings = recipe.settings(recipe.stopWhen());
    versions.put("device", device);
    versions.put("threads", Integer.toString(Torch.threads()));
    Fingerprints data = Fingerprints.under(key);
    fingerprints.put("model", Hashing.hmacSha256(key).hashString(weights, UTF_8).toString());
    fingerprints.put("forget set", data.of("forget", set));
    if (recipe.unseen() != null) {
      fingerprints.put("unseen text", data.of("unseen", recipe.unseen()));
    }
    if (recipe.retain() != null) {
      fingerprints.put("text to retain", data.of("retain", recipe.retain()));
    }
  }

  byte[] key() {
    return key.clone();
  }

  JournalHeader header(Map<String, Long> numbers) {
    return new JournalHeader(settings, versions, fingerprints, numbers);
  }
}
