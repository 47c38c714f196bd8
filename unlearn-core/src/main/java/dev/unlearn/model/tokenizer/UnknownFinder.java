package dev.unlearn.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Finds what a tokenizer has no token for.
 *
 * <p>A model with an unknown token maps such text to it; that is told from the same token written
 * out, which may be ordinary text: there are vocabularies whose unknown token is a newline. Byte
 * pairs without one leave such text out in silence; see {@link OmittedCharacters}.
 */
final class UnknownFinder {
  private final @Nullable Unknown unknown;
  private final @Nullable OmittedCharacters omitted;

  private record Unknown(int id, String content) {}

  /** Creates a finder; {@code roundTrip} encodes a text and decodes its ids. */
  UnknownFinder(JsonObject tokenizerJson, UnaryOperator<String> roundTrip) {
    JsonObject model = tokenizerJson.getAsJsonObject("model");
    this.unknown = unknown(model);
    this.omitted =
        unknown == null && model.has("merges")
            ? new OmittedCharacters(tokenizerJson, roundTrip)
            : null;
  }

  /** Returns the index of the first {@code char} that has no token. */
  OptionalInt find(String text, Encoding encoding) {
    OptionalInt first = OptionalInt.empty();
    if (unknown != null) {
      first = first(unknown, text.codePoints().toArray(), encoding);
    } else if (omitted != null) {
      first = omitted.first(text.codePoints().toArray(), encoding);
    }
    // Spans count code points.
    return first.isEmpty() ? first : OptionalInt.of(text.offsetByCodePoints(0, first.getAsInt()));
  }

  private static OptionalInt first(Unknown unknown, int[] codePoints, Encoding encoding) {
    long[] ids = encoding.getIds();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] != unknown.id()) {
        continue;
      }
      CharSpan span = encoding.getCharTokenSpans()[i];
      String covered = new String(codePoints, span.getStart(), span.getEnd() - span.getStart());
      // An added token may take the spaces beside it.
      if (!covered.equals(unknown.content()) && !covered.strip().equals(unknown.content())) {
        return OptionalInt.of(span.getStart());
      }
    }
    return OptionalInt.empty();
  }

  private static @Nullable Unknown unknown(JsonObject model) {
    JsonElement vocab = model.get("vocab");
    if (vocab instanceof JsonArray pieces) {
      return JsonChecks.value(model, "unk_id")
          .map(id -> new Unknown(id.getAsInt(), content(pieces.get(id.getAsInt()))))
          .orElse(null);
    }
    JsonObject ids = vocab.getAsJsonObject();
    return JsonChecks.value(model, "unk_token")
        .map(JsonElement::getAsString)
        .filter(ids::has)
        .map(token -> new Unknown(ids.get(token).getAsInt(), token))
        .orElse(null);
  }

  private static String content(JsonElement piece) {
    return piece.getAsJsonArray().get(0).getAsString();
  }
}
