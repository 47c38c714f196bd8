package dev.unlearn.host;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import java.net.URI;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;

/**
 * Turns exceptions into problem details (RFC 9457). Their sentences name the rule and where it was
 * broken, never what stands there: a bad request may hold text to be forgotten, too.
 */
@RestControllerAdvice
final class Problems extends ResponseEntityExceptionHandler {
  private static final Logger log = LoggerFactory.getLogger(Problems.class);

  /** The library's messages, and ours, have no text. */
  @ExceptionHandler
  ProblemDetail badValue(IllegalArgumentException e) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
  }

  @ExceptionHandler
  ProblemDetail anythingElse(Exception e) {
    log.error("a request failed", e);
    return ProblemDetail.forStatusAndDetail(
        HttpStatus.INTERNAL_SERVER_ERROR, "the service failed; its log says why");
  }

  @Override
  protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(
      HttpMessageNotReadableException e,
      HttpHeaders headers,
      HttpStatusCode status,
      WebRequest request) {
    ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, rule(e.getCause()));
    return handleExceptionInternal(e, problem, headers, status, request);
  }

  /** Sentences of Spring itself quote path, method and headers; exceptions of ours have others. */
  @Override
  protected @Nullable ResponseEntity<Object> handleExceptionInternal(
      Exception e,
      @Nullable Object body,
      HttpHeaders headers,
      HttpStatusCode status,
      WebRequest request) {
    if (body != null || e instanceof ResponseStatusException) {
      return super.handleExceptionInternal(e, body, headers, status, request);
    }
    ProblemDetail problem =
        ProblemDetail.forStatusAndDetail(
            status, "there is nothing for this path, method and content type");
    problem.setInstance(URI.create("")); // otherwise the path
    return super.handleExceptionInternal(e, problem, headers, status, request);
  }

  /** Jackson's own messages quote the body. */
  private static String rule(@Nullable Throwable cause) {
    if (cause instanceof ValueInstantiationException
        && cause.getCause() instanceof IllegalArgumentException refused) {
      return String.valueOf(refused.getMessage());
    }
    if (cause instanceof UnrecognizedPropertyException unknown) {
      return "there is an unknown field; known are: "
          + new TreeSet<>(unknown.getKnownPropertyIds());
    }
    if (cause instanceof JsonMappingException wrong
        && !(wrong.getCause() instanceof StreamReadException)) {
      return "the body is not of the right form" + place(wrong);
    }
    if (cause instanceof JsonProcessingException malformed) {
      return "the body must be JSON, but is not" + place(malformed);
    }
    return "the body must be JSON, but cannot be read";
  }

  private static String place(JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return location == null
        ? ""
        : ", at line %d, column %d".formatted(location.getLineNr(), location.getColumnNr());
  }
}
