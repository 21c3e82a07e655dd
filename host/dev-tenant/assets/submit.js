// Posts the authorization response to the application. Without scripts the page's button does it.
document.getElementById("response").submit();
