;;; dape_driver.el --- Drives pydelve from Emacs by dape -*- lexical-binding: t; -*-

;; Run by test_editors.py, in batch: ADAPTER... in PYDELVE_ADAPTER (words with zero bytes between them), the program in
;; PYDELVE_PROGRAM, lines of it in PYDELVE_LINES. Says what it sees; the first thing that does not come ends it with 1.

(require 'dape)
(require 'python)

(defvar driver-limit 20 "Seconds to wait for anything.")

(defun driver-wait (what predicate)
  "Wait until PREDICATE gives something, and give it; WHAT it is about."
  (let ((deadline (time-add nil driver-limit)) found)
    (while (and (not (setq found (funcall predicate))) (time-less-p nil deadline))
      (accept-process-output nil 0.02))
    (or found (progn (message "%s did not come" what) (kill-emacs 1)))))

(defun driver-idle ()
  "Has everything been answered?"
  (let ((connection (dape--live-connection 'parent t)))
    (and connection (zerop (jsonrpc-continuation-count connection)))))

(defun driver-stopped-at (line)
  "Wait until the program stands at LINE, and dape shows it."
  (driver-wait (format "a stop at line %d" line)
               (lambda () (and (dape--live-connection 'stopped t) (driver-idle) (= (line-number-at-pos) line)))))

(defun driver-goto (line)
  "Go to LINE."
  (goto-char (point-min))
  (forward-line (1- line)))

(defun driver-local (name)
  "Value that dape has of the local NAME of the frame that is shown."
  (let* ((connection (dape--live-connection 'stopped t))
         (scope (car (plist-get (dape--current-stack-frame connection) :scopes)))
         (found (seq-find (lambda (each) (equal (plist-get each :name) name)) (plist-get scope :variables))))
    (plist-get found :value)))

(defun driver-local-is (name value)
  "Wait until dape has VALUE for the local NAME, having asked for the variables."
  (let ((connection (dape--live-connection 'stopped t)))
    (driver-wait "the scopes" (lambda () (plist-get (dape--current-stack-frame connection) :scopes)))
    (dape--variables connection (car (plist-get (dape--current-stack-frame connection) :scopes)) #'ignore)
    (driver-wait (format "%s = %s" name value) (lambda () (equal (driver-local name) value)))))

(let* ((adapter (split-string (getenv "PYDELVE_ADAPTER") "|"))
       (program (getenv "PYDELVE_PROGRAM"))
       (lines (mapcar #'string-to-number (split-string (getenv "PYDELVE_LINES"))))
       (loop-line (nth 0 lines)) (end-line (nth 1 lines))
       (config `(command ,(car adapter) command-args ,(vconcat (cdr adapter))
                         :type "pydelve" :request "launch" :program ,program)))
  (setq dape-buffer-window-arrangement nil dape-display-source-buffer-action '(display-buffer-same-window))
  (switch-to-buffer (find-file-noselect program))
  (driver-goto loop-line)
  (dape-breakpoint-toggle)
  (goto-char (point-min))
  (dape config)
  (driver-stopped-at loop-line)
  (message "driver: stopped at the breakpoint")
  (driver-local-is "sum_so_far" "0")
  (message "driver: variables are shown")
  (dape-next (dape--live-connection 'stopped))
  (driver-stopped-at (1- loop-line))
  (message "driver: stepped")
  (driver-goto loop-line)
  (dape-breakpoint-toggle)
  (driver-goto end-line)
  (dape-breakpoint-expression "result == 6")
  (driver-wait "the breakpoints" #'driver-idle)
  (dape-continue (dape--live-connection 'stopped))
  (driver-stopped-at end-line)
  (message "driver: stopped at the condition")
  (driver-local-is "result" "6")
  (dape-continue (dape--live-connection 'stopped))
  (driver-wait "the end" (lambda () (not (dape--live-connection 'parent t))))
  (message "driver: all is well"))
